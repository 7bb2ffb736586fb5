using Sora.Contracts;

namespace Sora.Mailstore.Bodies.Verify;

/// <summary>Something that is wrong and was looked at twice.</summary>
/// <param name="Kind">What.</param>
/// <param name="Account">Whose; 0 for a staged body, which may be several accounts'.</param>
/// <param name="Owner">The account's primary address or shared domain; null when there is no such account.</param>
/// <param name="Hash">The body's BLAKE3, or that of a pack.</param>
/// <param name="Where">Name of the object, or of what is staged.</param>
/// <param name="Detail">In words.</param>
public sealed record VerifyFinding(FindingKind Kind, AccountId Account, string? Owner, ContentHash Hash, string Where, string Detail)
{
    /// <summary>What was done about it; null when nothing was to be done or could be.</summary>
    public string? Repair { get; init; }

    /// <summary>It is put right: what is left to do, such as deleting, the server does by itself.</summary>
    public bool IsRepaired { get; init; }
}
