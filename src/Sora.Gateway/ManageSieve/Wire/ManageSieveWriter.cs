using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Unicode;

namespace Sora.Gateway.ManageSieve.Wire;

/// <summary>Writes the server's side of the protocol, and is the only place that decides how a string is written. Nothing is sent before the session flushes.</summary>
internal static class ManageSieveWriter
{
    private const int MaxQuoted = 1024;

    public static void Crlf(this PipeWriter output) => output.Write("\r\n"u8);

    public static void String(this PipeWriter output, string value) => output.String(Encoding.UTF8.GetBytes(value));

    /// <summary>A string: quoted where that is allowed, else a literal (RFC 5804 section 4).</summary>
    public static void String(this PipeWriter output, ReadOnlySpan<byte> value)
    {
        if (value.ContainsAny((byte)'\r', (byte)'\n', (byte)0) || value.ContainsAny((byte)'"', (byte)'\\') || value.Length > MaxQuoted || !Utf8.IsValid(value))
        {
            output.Literal(value);
            return;
        }

        output.Write("\""u8);
        output.Write(value);
        output.Write("\""u8);
    }

    public static void Literal(this PipeWriter output, ReadOnlySpan<byte> value)
    {
        output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{{value.Length}}}\r\n")));
        output.Write(value);
    }

    /// <summary>A capability without a value.</summary>
    public static void Capability(this PipeWriter output, string name)
    {
        output.String(name);
        output.Crlf();
    }

    public static void Capability(this PipeWriter output, string name, string value)
    {
        output.String(name);
        output.Write(" "u8);
        output.String(value);
        output.Crlf();
    }
}
