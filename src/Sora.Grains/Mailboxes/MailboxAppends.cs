using Sora.Contracts;

namespace Sora.Grains.Mailboxes;

/// <summary>What goes into several mailboxes in one commit.</summary>
[Immutable]
internal sealed record MailboxAppends(IReadOnlyList<MailboxAppend> Appends);
