using Sora.Contracts;

namespace Sora.Gateway.Imap;

/// <summary>Where a name in the namespaces of others leads.</summary>
/// <param name="Owner">Whose account it is; null when the user may use nothing there.</param>
/// <param name="Name">The name in that account; null when it is none.</param>
/// <param name="IsShared">It is in the namespace of shared mailboxes.</param>
internal readonly record struct Place(SharingAccount? Owner, MailboxName? Name, bool IsShared, bool MayCreateShared);

/// <summary>
/// The namespaces of RFC 2342 (RFC 9051 section 6.3.10): one's own mailboxes without a prefix, those of other users below their addresses, and the shared
/// ones of the domain. Prefixes end with the separator; an empty one switches its namespace off.
/// </summary>
internal sealed class Namespaces
{
    private readonly string _othersRoot;
    private readonly string _sharedRoot;

    public Namespaces(string otherUsers, string shared)
    {
        OtherUsers = NormalForm.Compose(otherUsers);
        Shared = NormalForm.Compose(shared);
        _othersRoot = OtherUsers.TrimEnd(MailboxName.Separator);
        _sharedRoot = Shared.TrimEnd(MailboxName.Separator);
    }

    public string OtherUsers { get; }

    public string Shared { get; }

    public bool IsOff => OtherUsers.Length == 0 && Shared.Length == 0;

    /// <summary>The name is in a namespace of others, below its root.</summary>
    public bool IsForeign(MailboxName name) => IsBelow(name, OtherUsers) || IsBelow(name, Shared);

    /// <summary>The name is that of a namespace, which is no mailbox.</summary>
    public bool IsRoot(MailboxName name) =>
        (OtherUsers.Length > 0 && name.Value == _othersRoot) || (Shared.Length > 0 && name.Value == _sharedRoot);

    /// <summary>Where a foreign name leads.</summary>
    public Place Place(MailboxName name, SharedView view)
    {
        if (IsBelow(name, Shared))
            return new Place(view.FindShared(), Parse(name.Value[Shared.Length..]), IsShared: true, view.MayCreateShared);
        var rest = name.Value[OtherUsers.Length..];
        var separator = rest.IndexOf(MailboxName.Separator, StringComparison.Ordinal);
        return separator < 0 ? default : new Place(view.Find(rest[..separator]), Parse(rest[(separator + 1)..]), IsShared: false, MayCreateShared: false);
    }

    /// <summary>The name here of a mailbox of another account; null when its namespace is off, or when it cannot be a name.</summary>
    public MailboxName? Name(SharingAccount owner, MailboxName name)
    {
        if (owner.Address is null)
            return Shared.Length == 0 ? null : Parse(Shared + name.Value);
        return OtherUsers.Length == 0 || owner.Address.Contains(MailboxName.Separator, StringComparison.Ordinal)
            ? null
            : Parse(string.Concat(OtherUsers, owner.Address, "/", name.Value));
    }

    private static bool IsBelow(MailboxName name, string prefix) =>
        prefix.Length > 0 && name.Value.Length > prefix.Length && name.Value.StartsWith(prefix, StringComparison.Ordinal);

    private static MailboxName? Parse(string text)
    {
        var parsed = MailboxName.Parse(text);
        return parsed.IsOk ? parsed.Value : null;
    }
}
