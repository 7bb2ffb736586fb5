namespace Sora.Contracts;

/// <summary>A message that <c>duplicate</c> has seen (RFC 7352 section 3).</summary>
/// <param name="Handle">Which memory, as the script says; empty for the default one.</param>
/// <param name="Id">What identifies the message.</param>
/// <param name="Lifetime">How long it is remembered, from now.</param>
[GenerateSerializer, Alias("sora.SieveDuplicateMark"), Immutable]
public sealed record SieveDuplicateMark([property: Id(0)] string Handle, [property: Id(1)] string Id, [property: Id(2)] TimeSpan Lifetime);

/// <summary>
/// What scripts of an account remember from one message to the next: to whom vacation has answered (RFC 5230), which messages duplicate has seen
/// (RFC 7352). Handles, addresses and ids are kept as hashes only.
/// </summary>
public interface ISieveHistory
{
    /// <summary>
    /// Whether an answer may be sent now; true also notes it, so that of several messages at once, on any nodes, one is answered. Asked again for the
    /// operation that has noted it, within a day, it is true again: what was noted and not sent before a failure is sent when the message is delivered
    /// again. UNAVAILABLE.
    /// </summary>
    /// <param name="account">Who answers.</param>
    /// <param name="handle">The handle, or what stands for it (RFC 5230 section 4.7).</param>
    /// <param name="sender">Who would get it, as in the reverse-path; case does not count.</param>
    /// <param name="operation">Names the answer, as in <see cref="RelayRequest.OperationId"/>, which sends it once.</param>
    /// <param name="period">How long no other answer is to be sent; zero for always, and nothing is noted (RFC 6131 section 2).</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<MailResult<bool>> TryAnswerAsync(AccountId account, string handle, string sender, string operation, TimeSpan period, CancellationToken cancellationToken);

    /// <summary>Forgets that an answer was noted: it could not be sent after all. UNAVAILABLE.</summary>
    Task<MailResult<Done>> ForgetAnswerAsync(AccountId account, string handle, string sender, CancellationToken cancellationToken);

    /// <summary>Whether the id was marked under the handle and is still remembered. UNAVAILABLE.</summary>
    Task<MailResult<bool>> IsDuplicateAsync(AccountId account, string handle, string id, CancellationToken cancellationToken);

    /// <summary>Remembers ids, each for its lifetime from now. UNAVAILABLE.</summary>
    Task<MailResult<Done>> MarkAsync(AccountId account, IReadOnlyList<SieveDuplicateMark> marks, CancellationToken cancellationToken);
}
