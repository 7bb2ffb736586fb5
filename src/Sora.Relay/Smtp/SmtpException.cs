namespace Sora.Relay.Smtp;

/// <summary>The connection is of no use any more, or there never was one.</summary>
/// <param name="message">One readable line.</param>
/// <param name="reply">What the server said, if it said something.</param>
/// <param name="inner">What happened.</param>
internal sealed class SmtpException(string message, SmtpReply? reply = null, Exception? inner = null) : Exception(message, inner)
{
    public SmtpReply? Reply { get; } = reply;
}
