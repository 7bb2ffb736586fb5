namespace Sora.Mime;

/// <summary>
/// An address of an envelope, raw bytes (RFC 3501 section 7.4.2). A group is three kinds of entries: its start (null host,
/// <see cref="Mailbox"/> is the group's name), its members, and its end (all null).
/// </summary>
/// <param name="Name">Display name without quotes, undecoded, or null.</param>
/// <param name="Route">Source route (at-domain-list) such as <c>@a,@b</c>, or null.</param>
/// <param name="Mailbox">Local part, or the group's name; null at a group's end.</param>
/// <param name="Host">Domain; null for group entries, empty where the address has no domain.</param>
public sealed record MailAddress(byte[]? Name, byte[]? Route, byte[]? Mailbox, byte[]? Host)
{
    /// <summary>The entry that ends a group.</summary>
    public static MailAddress GroupEnd { get; } = new(null, null, null, null);

    /// <summary>Whether this entry starts a group.</summary>
    public bool IsGroupStart => Host is null && Mailbox is not null;

    /// <summary>Whether this entry ends a group.</summary>
    public bool IsGroupEnd => Host is null && Mailbox is null;

    /// <summary>Parses an address list (the value of From, To, …); never throws.</summary>
    public static IReadOnlyList<MailAddress> ParseList(ReadOnlySpan<byte> value)
    {
        var list = new List<MailAddress>();
        AddressParser.Parse(value, list, MimeLimits.Default.MaxAddresses);
        return list;
    }
}
