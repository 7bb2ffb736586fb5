using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Relay;

/// <summary>Which messages of the queue are meant; what is null says nothing.</summary>
/// <param name="Message">Its number.</param>
/// <param name="Account">Whose they are.</param>
/// <param name="Recipient">A recipient's address, or <c>@domain</c> for all of a domain, in any case.</param>
/// <param name="Sender">The reverse-path, or <c>@domain</c> for all of a domain, in any case; empty for the null reverse-path.</param>
/// <param name="Kind">Why they leave.</param>
public sealed record RelayFilter(
    long? Message = null, AccountId? Account = null, string? Recipient = null, string? Sender = null, RelayKind? Kind = null);

/// <summary>A recipient in the queue, with what its message is.</summary>
/// <param name="Message">The message's number.</param>
/// <param name="QueuedAt">When it was queued.</param>
/// <param name="Account">Whose it is; 0 for nobody's.</param>
/// <param name="PrimaryAddress">That account's primary address, or null.</param>
/// <param name="Kind">Why it leaves.</param>
/// <param name="Sender">The reverse-path; empty for the null reverse-path.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Recipient">The forward-path.</param>
/// <param name="IsSending">A node is sending it now.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="NextAttempt">When it is due; while it is being sent, when the node's lease ends.</param>
/// <param name="ExpiresAt">When it is given up.</param>
/// <param name="LastReply">What the last attempt came to, or null.</param>
public sealed record RelayEntry(
    long Message,
    DateTimeOffset QueuedAt,
    AccountId Account,
    string? PrimaryAddress,
    RelayKind Kind,
    string Sender,
    long Size,
    string Recipient,
    bool IsSending,
    int Attempts,
    DateTimeOffset NextAttempt,
    DateTimeOffset ExpiresAt,
    RelayReply? LastReply);

/// <summary>Looks into the queue and changes it by hand.</summary>
public sealed class RelayAdministration(Database database)
{
    private const int MaxHeader = 64 * 1024;

    private readonly RelayStore _queue = new(database);
    private readonly RelayAdministrationStore _store = new(database);

    /// <summary>Recipients in the order of their messages, after a message's number.</summary>
    public Task<List<RelayEntry>> ListAsync(RelayFilter filter, long after, int limit, CancellationToken cancellationToken) =>
        _store.ListAsync(filter, after, limit, cancellationToken);

    /// <summary>The header of a message, up to 64 KiB of it; null when there is no such message.</summary>
    public async Task<byte[]?> ReadHeaderAsync(long message, CancellationToken cancellationToken) =>
        await _queue.ReadPieceAsync(message, 0, cancellationToken) is { } piece ? piece[..Math.Min(RelayHeader.End(piece), MaxHeader)] : null;

    /// <summary>Makes recipients due at once that wait for their next attempt. Returns how many.</summary>
    public Task<int> RetryAsync(RelayFilter filter, CancellationToken cancellationToken) => _store.RetryAsync(filter, cancellationToken);

    /// <summary>
    /// Takes recipients out of the queue; nobody is told. What is being sent at this moment may still arrive. Returns how many.
    /// </summary>
    public Task<int> DeleteAsync(RelayFilter filter, CancellationToken cancellationToken) => _store.DeleteAsync(filter, cancellationToken);
}
