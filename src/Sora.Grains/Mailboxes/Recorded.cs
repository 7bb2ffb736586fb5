using Sora.Contracts;

namespace Sora.Grains.Mailboxes;

/// <summary>What a change came to, and the record that made it, for gateways that have the mailbox open: whoever has all before it need not ask for it.</summary>
/// <param name="Result">What the change came to.</param>
/// <param name="Record">Null where nobody watches the mailbox, or where it is too large to be sent unasked.</param>
[GenerateSerializer, Alias("sora.Recorded`1"), Immutable]
internal readonly record struct Recorded<T>([property: Id(0)] T Result, [property: Id(1)] MailboxDelta? Record);

internal static class Recorded
{
    /// <summary>A result without the record.</summary>
    public static MailResult<Recorded<T>> Without<T>(MailResult<T> result) => result.IsOk ? new Recorded<T>(result.Value, null) : result.Error;

    /// <inheritdoc cref="Without"/>
    public static async Task<MailResult<Recorded<T>>> WithoutAsync<T>(Task<MailResult<T>> call) => Without(await call);
}
