using Sora.Gateway.Pop3.Responses;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>The answer to a message-number that names no message.</summary>
internal static class NoSuchMessage
{
    public static Pop3Reply Reply(Maildrop maildrop, int number) => Pop3Reply.Error(
        number >= 1 && number <= maildrop.Count ? $"message {number} already deleted" : $"no such message, only {maildrop.Count} messages in maildrop");
}
