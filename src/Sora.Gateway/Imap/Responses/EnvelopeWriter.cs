using Sora.Gateway.Imap.Wire;
using Sora.Mime;

namespace Sora.Gateway.Imap.Responses;

/// <summary>ENVELOPE (RFC 9051 section 7.5.2).</summary>
internal static class EnvelopeWriter
{
    public static void Write(ImapWriter writer, Envelope envelope)
    {
        writer.Raw("("u8);
        writer.NString(envelope.Date);
        writer.Space();
        writer.NString(envelope.Subject);
        Addresses(writer, envelope.From);
        Addresses(writer, envelope.Sender);
        Addresses(writer, envelope.ReplyTo);
        Addresses(writer, envelope.To);
        Addresses(writer, envelope.Cc);
        Addresses(writer, envelope.Bcc);
        writer.Space();
        writer.NString(envelope.InReplyTo);
        writer.Space();
        writer.NString(envelope.MessageId);
        writer.Raw(")"u8);
    }

    private static void Addresses(ImapWriter writer, IReadOnlyList<MailAddress> addresses)
    {
        writer.Space();
        if (addresses.Count == 0)
        {
            writer.Nil();
            return;
        }

        writer.Raw("("u8);
        for (var i = 0; i < addresses.Count; i++)
        {
            var address = addresses[i];
            writer.Raw("("u8);
            writer.NString(address.Name);
            writer.Space();
            writer.NString(address.Route);
            writer.Space();
            writer.NString(address.Mailbox);
            writer.Space();
            writer.NString(address.Host);
            writer.Raw(")"u8);
        }

        writer.Raw(")"u8);
    }
}
