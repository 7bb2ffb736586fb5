using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Search;

/// <summary>The state of the index of an account, or of all.</summary>
/// <param name="Messages">Messages there are; one that is in several mailboxes counts once.</param>
/// <param name="Waiting">Those that wait to be indexed, also anew; they are found all the same.</param>
/// <param name="LeftOut">Those that could not be indexed and are read at each search.</param>
/// <param name="Lag">How long the oldest one has waited.</param>
/// <param name="Segments">Parts of the index.</param>
/// <param name="OldSegments">Those of them that are going to be made anew.</param>
/// <param name="IndexBytes">Size of the segments.</param>
/// <param name="TextBytes">Size of the texts that are kept, compressed.</param>
/// <param name="Format">The format of new segments.</param>
/// <param name="OldestFormat">The oldest format of a segment there is; null without any.</param>
public sealed record SearchStatus(
    long Messages, long Waiting, long LeftOut, TimeSpan Lag, long Segments, long OldSegments, long IndexBytes, long TextBytes, int Format, int? OldestFormat)
{
    /// <summary>Messages that the index answers for.</summary>
    public long Indexed => Math.Max(0, Messages - Waiting - LeftOut);
}

/// <summary>What will be made anew.</summary>
/// <param name="Segments">Segments that were marked.</param>
/// <param name="Queued">Messages that were in none, and wait now.</param>
public sealed record SearchReindex(int Segments, int Queued);

/// <summary>Looks after the search index from outside of the server.</summary>
public sealed class SearchAdministration(Database database)
{
    private readonly SearchStore _store = new(database);

    /// <param name="account">Whose index; null for all together.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<SearchStatus> StatusAsync(AccountId? account, CancellationToken cancellationToken) => _store.ReadStatusAsync(account, cancellationToken);

    /// <summary>
    /// Has the index of an account, or the part of it that has messages of one mailbox, made anew by the running servers, behind the mail that arrives. Until then the old one answers.
    /// </summary>
    public Task<SearchReindex> ReindexAsync(AccountId account, MailboxId? mailbox, CancellationToken cancellationToken) =>
        _store.MarkStaleAsync(account, mailbox, cancellationToken);
}
