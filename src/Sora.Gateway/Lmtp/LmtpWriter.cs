using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace Sora.Gateway.Lmtp;

/// <summary>Writes replies; nothing is sent before the session flushes.</summary>
internal static class LmtpWriter
{
    /// <summary>A reply of one line.</summary>
    public static void WriteReply(this PipeWriter output, LmtpReply reply) => output.Write(reply.Line);

    /// <summary>"220 host LMTP Sora": the greeting, which says no more about the server than it must.</summary>
    public static void WriteGreeting(this PipeWriter output, string hostName)
    {
        output.Write("220 "u8);
        output.WriteText(hostName);
        output.Write(" LMTP Sora\r\n"u8);
    }

    /// <summary>The reply to LHLO with its extensions.</summary>
    public static void WriteExtensions(this PipeWriter output, LmtpServer server, bool startTls, bool isTrusted)
    {
        output.Write("250-"u8);
        output.WriteText(server.HostName);
        output.Write("\r\n"u8);
        output.Write(server.Extensions);
        if (startTls)
            output.Write("250-STARTTLS\r\n"u8);
        if (isTrusted)
            output.WriteText($"250-{Commands.XClientCommand.Extension}\r\n");
        output.Write("250 ENHANCEDSTATUSCODES\r\n"u8);
    }

    /// <summary>The message is durable for this recipient.</summary>
    public static void WriteSaved(this PipeWriter output, string forwardPath, ReadOnlySpan<byte> id)
    {
        output.Write("250 2.0.0 <"u8);
        output.WriteText(forwardPath);
        output.Write("> saved, id "u8);
        output.Write(id);
        output.Write("\r\n"u8);
    }

    /// <summary>A chunk of BDAT was taken (RFC 3030).</summary>
    public static void WriteChunk(this PipeWriter output, long bytes)
    {
        output.Write("250 2.0.0 "u8);
        var span = output.GetSpan(20);
        System.Buffers.Text.Utf8Formatter.TryFormat(bytes, span, out var written);
        output.Advance(written);
        output.Write(" bytes received\r\n"u8);
    }

    /// <summary>Text that was checked when it was parsed: addresses and host names.</summary>
    private static void WriteText(this PipeWriter output, string text)
    {
        var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        output.Advance(Encoding.UTF8.GetBytes(text, span));
    }
}
