using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Pop3.Wire;

/// <summary>Writes lines of answers. Nothing is sent before the session flushes.</summary>
internal static class Pop3Writer
{
    /// <summary>Room for the first line of an answer that tells of octets.</summary>
    public const int MaxFirstLine = 64;

    public static void Crlf(this PipeWriter output) => output.Write("\r\n"u8);

    /// <summary>The end of a multi-line answer.</summary>
    public static void EndOfLines(this PipeWriter output) => output.Write(".\r\n"u8);

    /// <summary>A line that cannot begin with a dot.</summary>
    public static void Line(this PipeWriter output, string text)
    {
        output.Text(text);
        output.Crlf();
    }

    /// <summary>Text as ASCII.</summary>
    public static void Text(this PipeWriter output, string text) =>
        output.Advance(Encoding.ASCII.GetBytes(text, output.GetSpan(text.Length)));

    /// <summary>The first line of RETR's answer.</summary>
    public static void OctetsFollow(this PipeWriter output, long octets)
    {
        output.Write("+OK "u8);
        output.Number(octets);
        output.Write(" octets\r\n"u8);
    }

    public static void Raw(this PipeWriter output, ReadOnlySpan<byte> bytes) => output.Write(bytes);

    /// <summary>A line of LIST, or the two numbers of STAT.</summary>
    public static void ScanListing(this PipeWriter output, int number, long octets)
    {
        output.Number(number);
        output.Write(" "u8);
        output.Number(octets);
        output.Crlf();
    }

    /// <summary>A line of UIDL.</summary>
    public static void UniqueId(this PipeWriter output, int number, UidValidity uidValidity, uint uid, UidlFormat format)
    {
        output.Number(number);
        output.Write(" "u8);
        output.Advance(format.Write(uidValidity, uid, output.GetSpan(UidlFormat.MaxLength)));
        output.Crlf();
    }

    private static void Number(this PipeWriter output, long number)
    {
        var span = output.GetSpan(20);
        Utf8Formatter.TryFormat(number, span, out var written);
        output.Advance(written);
    }
}
