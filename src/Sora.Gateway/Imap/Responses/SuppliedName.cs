using Sora.Contracts;

namespace Sora.Gateway.Imap.Responses;

/// <summary>
/// A client of IMAP4rev2 that wrote the name of a mailbox in another form than the server has it, decomposed for instance, is told which name that is
/// (RFC 9051 section 6.3.9.7). Others do not know OLDNAME.
/// </summary>
internal static class SuppliedName
{
    /// <summary>Tells under which name a mailbox, that is there, is known.</summary>
    /// <param name="name">The name, as this session sees it.</param>
    /// <param name="supplied">What the client wrote.</param>
    public static async ValueTask TellAsync(ImapConnection connection, MailboxName name, string supplied, CancellationToken cancellationToken)
    {
        if (!IsOther(connection, name, supplied))
            return;
        var list = await connection.Directory.ListAsync(cancellationToken).ConfigureAwait(false);
        if (list.Find(name) is { } entry)
            ListResponse.Write(connection.Writer, ListAttributes.Of(entry, list), name.Value, extended: null, oldName: supplied);
    }

    /// <summary>As <see cref="TellAsync"/>, of a mailbox that is there no longer.</summary>
    public static void TellDeleted(ImapConnection connection, MailboxName name, string supplied)
    {
        if (IsOther(connection, name, supplied))
            ListResponse.Write(connection.Writer, new ListAttributes(MailboxAttributes.NonExistent), name.Value, extended: null, oldName: supplied);
    }

    /// <summary>The client is to be told. The separator at the end is no part of the name (RFC 9051 section 6.3.4).</summary>
    public static bool IsOther(ImapConnection connection, MailboxName name, string supplied) =>
        connection.Session.Rev2 && !supplied.AsSpan().TrimEnd(MailboxName.Separator).SequenceEqual(name.Value);
}
