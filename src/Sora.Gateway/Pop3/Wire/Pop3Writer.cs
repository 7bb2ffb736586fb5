using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Pop3.Wire;

/// <summary>Writes lines of answers. Nothing is sent before the session flushes.</summary>
internal static class Pop3Writer
{
    public static void Crlf(this PipeWriter output) => output.Write("\r\n"u8);

    /// <summary>The end of a multi-line answer.</summary>
    public static void EndOfLines(this PipeWriter output) => output.Write(".\r\n"u8);

    /// <summary>A line that cannot begin with a dot.</summary>
    public static void Line(this PipeWriter output, string text)
    {
        output.Write(Encoding.ASCII.GetBytes(text));
        output.Crlf();
    }

    public static void Raw(this PipeWriter output, ReadOnlySpan<byte> bytes) => output.Write(bytes);

    /// <summary>A line of LIST.</summary>
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
