using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;

namespace Sora.Bench.Wire;

internal enum ImapResponseKind
{
    Untagged,
    Continuation,
    Tagged,
}

/// <summary>
/// Reads one whole IMAP response at a time (RFC 9051, section 7), literals included. The text of the response is kept without
/// the literals' octets, which are counted and skipped: a load generator wants to know how much came, not what.
/// </summary>
internal sealed class ImapResponseReader
{
    private readonly MailConnection _connection;
    private readonly ArrayBufferWriter<byte> _text = new(256);

    public ImapResponseReader(MailConnection connection) => _connection = connection;

    public ImapResponseKind Kind { get; private set; }

    /// <summary>Octets of all literals of the response.</summary>
    public long LiteralOctets { get; private set; }

    /// <summary>The response without "* ", "+ " and literal octets; valid until the next read.</summary>
    public ReadOnlySpan<byte> Text => _text.WrittenSpan[(Kind == ImapResponseKind.Tagged ? 0 : Math.Min(2, _text.WrittenCount))..];

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask ReadAsync()
    {
        _text.ResetWrittenCount();
        LiteralOctets = 0;
        var line = await _connection.ReadLineAsync();
        Kind = KindOf(line.Span);
        _text.Write(line.Span);
        if (Kind != ImapResponseKind.Untagged || IsStatus(line.Span[Math.Min(2, line.Length)..]))
        {
            // Human-readable text may end in "{3}" and means nothing by it
            return;
        }

        while (TryGetLiteral(line.Span, out var octets))
        {
            await _connection.SkipAsync(octets);
            LiteralOctets += octets;
            line = await _connection.ReadLineAsync();
            _text.Write(line.Span);
        }
    }

    private static ImapResponseKind KindOf(ReadOnlySpan<byte> line) =>
        line.StartsWith("* "u8) ? ImapResponseKind.Untagged
        : line.StartsWith("+"u8) ? ImapResponseKind.Continuation
        : ImapResponseKind.Tagged;

    private static bool IsStatus(ReadOnlySpan<byte> text) =>
        text.StartsWith("OK "u8) || text.StartsWith("NO "u8) || text.StartsWith("BAD "u8)
        || text.StartsWith("BYE "u8) || text.StartsWith("PREAUTH "u8);

    /// <summary>A line of a response ends in <c>{octets}</c> only when a literal follows: a quoted string ends in a quote.</summary>
    private static bool TryGetLiteral(ReadOnlySpan<byte> line, out long octets)
    {
        octets = 0;
        if (line.IsEmpty || line[^1] != '}')
        {
            return false;
        }

        var open = line.LastIndexOf((byte)'{');
        return open >= 0
            && Utf8Parser.TryParse(line[(open + 1)..^1], out octets, out var consumed)
            && consumed == line.Length - open - 2
            && octets >= 0;
    }
}
