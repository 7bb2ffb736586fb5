using System.Buffers.Text;
using System.Text;

namespace Sora.Gateway.Lmtp.Commands;

/// <summary>
/// MAIL (RFC 5321 section 4.1.1.2) with SIZE (RFC 1870), BODY (RFC 6152, RFC 3030) and SMTPUTF8 (RFC 6531): begins a transaction. RET and ENVID (RFC 3461), BY (RFC
/// 2852) and AUTH (RFC 4954) are for scripts to see, and but for AUTH for reports.
/// </summary>
internal sealed class MailCommand(LmtpPath reversePath, long size, LmtpBody body, bool smtpUtf8, MailParameters? parameters) : LmtpCommand
{
    // RFC 3461 section 4.4
    private const int MaxEnvelopeId = 100;

    /// <summary>"MAIL FROM:" Reverse-path [SP Mail-parameters]</summary>
    public static LmtpCommand Parse(ReadOnlySpan<byte> arguments, LmtpServer server)
    {
        var parser = new LmtpAddressParser(arguments);
        if (!parser.TryKeyword("FROM:"u8))
            return RejectedCommand.BadArguments;
        if (!parser.TryReversePath(out var path))
            return RejectedCommand.BadSender;
        var seen = new Parameters();
        while (parser.TryParameter(out var keyword, out var value, out var isValid))
            if (!isValid)
                return RejectedCommand.BadArguments;
            else if (seen.Add(keyword, value, server.Time) is { } reply)
                return new RejectedCommand(reply);
        return path.IsAscii || seen.SmtpUtf8
            ? new MailCommand(path, seen.Size ?? 0, seen.Body ?? LmtpBody.SevenBit, seen.SmtpUtf8, seen.Others)
            : new RejectedCommand(LmtpReply.NeedsSmtpUtf8);
    }

    public override ValueTask<bool> ExecuteAsync(LmtpSession session)
    {
        var fits = size <= session.Server.Options.MaxMessageSize.Bytes;
        if (fits)
            session.Transaction = new LmtpTransaction(reversePath.ToString(), size, body, smtpUtf8) { Parameters = parameters, Began = session.Server.Time.GetUtcNow() };
        session.Reply(fits ? LmtpReply.SenderOk : LmtpReply.TooBig);
        return ValueTask.FromResult(fits);
    }

    private ref struct Parameters
    {
        public long? Size;
        public LmtpBody? Body;
        public bool SmtpUtf8;
        public MailParameters? Others;

        /// <summary>Takes one parameter; a reply when it is unknown, wrong or there already.</summary>
        public LmtpReply? Add(ReadOnlySpan<byte> keyword, ReadOnlySpan<byte> value, TimeProvider time)
        {
            if (Ascii.EqualsIgnoreCase(keyword, "SIZE"u8))
            {
                if (Size is not null || !TrySize(value, out var size))
                    return LmtpReply.BadArguments;
                Size = size;
            }
            else if (Ascii.EqualsIgnoreCase(keyword, "BODY"u8))
            {
                if (Body is not null || !TryBody(value, out var body))
                    return LmtpReply.BadArguments;
                Body = body;
            }
            else if (Ascii.EqualsIgnoreCase(keyword, "SMTPUTF8"u8))
            {
                if (SmtpUtf8 || !value.IsEmpty)
                    return LmtpReply.BadArguments;
                SmtpUtf8 = true;
            }
            else
            {
                return AddOther(keyword, value, time);
            }

            return null;
        }

        private LmtpReply? AddOther(ReadOnlySpan<byte> keyword, ReadOnlySpan<byte> value, TimeProvider time)
        {
            var others = Others ?? new MailParameters(null, null, null, null);
            if (Ascii.EqualsIgnoreCase(keyword, "AUTH"u8))
            {
                if (others.Auth is not null || Xtext.Decode(value) is not { } auth)
                    return LmtpReply.BadArguments;
                Others = others with { Auth = auth == "<>" ? "" : auth };
            }
            else if (Ascii.EqualsIgnoreCase(keyword, "RET"u8))
            {
                var isFull = Ascii.EqualsIgnoreCase(value, "FULL"u8);
                if (others.Return is not null || (!isFull && !Ascii.EqualsIgnoreCase(value, "HDRS"u8)))
                    return LmtpReply.BadArguments;
                Others = others with { Return = isFull ? "FULL" : "HDRS" };
            }
            else if (Ascii.EqualsIgnoreCase(keyword, "ENVID"u8))
            {
                if (others.EnvelopeId is not null || value.Length > MaxEnvelopeId || Xtext.DecodePrintable(value) is not { Length: > 0 } id)
                    return LmtpReply.BadArguments;
                Others = others with { EnvelopeId = id };
            }
            else if (Ascii.EqualsIgnoreCase(keyword, "BY"u8))
            {
                if (others.DeliverBy is not null || DeliverBy.Parse(value, time.GetUtcNow()) is not { } by)
                    return LmtpReply.BadArguments;
                Others = others with { DeliverBy = by };
            }
            else
            {
                return LmtpReply.UnknownParameter;
            }

            return null;
        }

        /// <summary>size-value = 1*20DIGIT; what no long can hold is more than any limit.</summary>
        private static bool TrySize(ReadOnlySpan<byte> value, out long size)
        {
            size = 0;
            if (value.Length is 0 or > 20 || value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
                return false;
            if (!Utf8Parser.TryParse(value, out size, out _))
                size = long.MaxValue;
            return true;
        }

        private static bool TryBody(ReadOnlySpan<byte> value, out LmtpBody body)
        {
            body = Ascii.EqualsIgnoreCase(value, "8BITMIME"u8) ? LmtpBody.EightBitMime
                : Ascii.EqualsIgnoreCase(value, "BINARYMIME"u8) ? LmtpBody.BinaryMime : LmtpBody.SevenBit;
            return body != LmtpBody.SevenBit || Ascii.EqualsIgnoreCase(value, "7BIT"u8);
        }
    }
}
