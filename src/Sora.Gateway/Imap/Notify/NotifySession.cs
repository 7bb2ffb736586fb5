namespace Sora.Gateway.Imap.Notify;

/// <summary>What a session watches because of NOTIFY (RFC 5465).</summary>
internal sealed class NotifySession
{
}
