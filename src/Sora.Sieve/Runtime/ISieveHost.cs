using Sora.Contracts;

namespace Sora.Sieve;

/// <summary>
/// Whom a script's questions go to: the account's mailboxes, memory and lists. Answers should come at once where they can; the interpreter waits for those
/// that do not. A host that throws ends the run: the exception goes to whoever ran the scripts.
/// </summary>
public interface ISieveHost
{
    /// <summary>The user's addresses, the primary one first (RFC 5230 section 4.5: vacation answers only mail that names one of them).</summary>
    IReadOnlyList<string> Addresses { get; }

    /// <summary>Characters of which the first in a local part separates the detail from the user (RFC 5233 section 4); empty where addresses have no details.</summary>
    string DetailSeparators => "+";

    /// <summary>The time zone of <c>currentdate</c> without <c>:zone</c> (RFC 5260 section 5).</summary>
    TimeZoneInfo TimeZone => TimeZoneInfo.Utc;

    /// <summary>There is such a mailbox and a message can be put into it (RFC 5490 section 3.1).</summary>
    ValueTask<bool> MailboxExistsAsync(string mailbox, CancellationToken cancellationToken);

    /// <summary>There is a mailbox with that object id (RFC 9042).</summary>
    ValueTask<bool> MailboxIdExistsAsync(string mailboxId, CancellationToken cancellationToken);

    /// <summary>A mailbox has that special use (RFC 8579 section 2); with <paramref name="mailbox"/>, that one has it.</summary>
    ValueTask<bool> SpecialUseExistsAsync(string? mailbox, string specialUse, CancellationToken cancellationToken);

    /// <summary>The value of an annotation (RFC 5490 sections 3.3 and 4.1), or null; of the server where <paramref name="mailbox"/> is null.</summary>
    ValueTask<string?> GetMetadataAsync(string? mailbox, string entry, CancellationToken cancellationToken);

    /// <summary>
    /// The id was marked under that handle within the last <paramref name="lifetime"/> (RFC 7352). Marking comes with the result: see
    /// <see cref="SieveResult.Duplicates"/>.
    /// </summary>
    ValueTask<bool> IsDuplicateAsync(string handle, string id, TimeSpan lifetime, CancellationToken cancellationToken);

    /// <summary>The script of that name (RFC 6609), or null when there is none. Its compilation may have errors.</summary>
    /// <param name="name">As the script says.</param>
    /// <param name="isGlobal"><c>:global</c>: the site's, not the user's.</param>
    /// <param name="cancellationToken">Cancels the question.</param>
    ValueTask<SieveCompilation?> GetScriptAsync(string name, bool isGlobal, CancellationToken cancellationToken);

    /// <summary>The script may name that external list (RFC 6134 section 2.7). The names of lists are as <see cref="SieveListName"/> makes them.</summary>
    ValueTask<bool> IsListValidAsync(string list, CancellationToken cancellationToken);

    /// <summary>The external list holds the value (RFC 6134 section 2.2); null when the list is not there or cannot be asked, a run-time error.</summary>
    ValueTask<bool?> IsInListAsync(string list, string value, CancellationToken cancellationToken);

    /// <summary>How the list that holds a value writes it (RFC 6134 section 2.2: the match variable 0), asked after <see cref="IsInListAsync"/>.</summary>
    ValueTask<string> GetListValueAsync(string list, string value, CancellationToken cancellationToken) => new(value);

    /// <summary>
    /// The members of an external list that <c>redirect :list</c> sends to (RFC 6134 section 2.3); null when there is no such list, or one whose members cannot be told.
    /// </summary>
    ValueTask<IReadOnlyList<string>?> GetListAsync(string list, CancellationToken cancellationToken);

    /// <summary>An item of <c>environment</c> (RFC 5183), its name in small letters; null when it is unknown.</summary>
    string? GetEnvironment(string item);

    /// <summary>A notification can be sent to that URI, by its syntax and the site's policy (RFC 5435 section 4).</summary>
    bool IsNotifyMethodValid(string uri);

    /// <summary>A capability of that notification URI (RFC 5435 section 5), such as <c>online</c>; null when it is unknown.</summary>
    ValueTask<string?> GetNotifyCapabilityAsync(string uri, string capability, CancellationToken cancellationToken);

    /// <summary>The result of a spam or virus check that is not in the message's header (RFC 5235), or null when there was none.</summary>
    SieveCheck? GetCheck(SieveCheckKind kind, SieveMessage message);
}

/// <summary>What was looked for.</summary>
public enum SieveCheckKind
{
    /// <summary><c>spamtest</c>.</summary>
    Spam,

    /// <summary><c>virustest</c>.</summary>
    Virus,
}

/// <summary>The result of a check: how far up its scale it came.</summary>
/// <param name="Score">0 (clean) to 1 (spam, or a virus that could not be cured).</param>
public readonly record struct SieveCheck(double Score);
