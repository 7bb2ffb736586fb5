using System.Buffers;
using System.Collections.Concurrent;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Hashing;
using Sora.Mime;

namespace Sora.Mailstore.Bodies.Intake;

/// <summary>What is known of a message once all its bytes were seen.</summary>
internal readonly record struct ParsedMessage(
    ContentHash Hash, byte[] Header, bool HeaderTruncated, byte[] Envelope, byte[] Structure, string? MessageId, bool HasNul, long LineEndOctets);

/// <summary>Hashes and parses a message as its bytes come.</summary>
internal sealed class MessageParser(MimeLimits limits, int headerLimit)
{
    private const int KeptCapacity = 256 * 1024;

    private readonly Blake3Hasher _hasher = new();
    private readonly MimeReader _reader = new(limits);
    private ArrayBufferWriter<byte> _output = new(4096);
    private readonly LineEndCounter _lineEnds = new();
    private bool _hasNul;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        _hasNul = _hasNul || bytes.Contains((byte)0);
        _lineEnds.Write(bytes);
        _hasher.Update(bytes);
        _reader.Write(bytes);
    }

    public ParsedMessage Complete()
    {
        Span<byte> hash = stackalloc byte[Blake3Hasher.HashLength];
        _hasher.Finalize(hash);
        return Complete(hash);
    }

    /// <summary>A message whose bytes are all here.</summary>
    public ParsedMessage Parse(ReadOnlySpan<byte> message)
    {
        Span<byte> hash = stackalloc byte[Blake3Hasher.HashLength];
        Blake3Hasher.Hash(message, hash);
        _hasNul = message.Contains((byte)0);
        _lineEnds.Write(message);
        _reader.Write(message);
        return Complete(hash);
    }

    public void Reset()
    {
        _hasher.Reset();
        _reader.Reset();
        _lineEnds.Reset();
        _hasNul = false;
        if (_output.Capacity > KeptCapacity)
            _output = new ArrayBufferWriter<byte>(4096);
    }

    private ParsedMessage Complete(ReadOnlySpan<byte> hash)
    {
        var message = _reader.Complete();
        _output.ResetWrittenCount();
        message.Envelope.Serialize(_output);
        var envelope = _output.WrittenSpan.ToArray();
        _output.ResetWrittenCount();
        message.Serialize(_output);
        var structure = _output.WrittenSpan.ToArray();
        var isCut = message.HeaderTruncated || message.Header.Length > headerLimit;
        var header = message.Header.Span[..Math.Min(message.Header.Length, headerLimit)].ToArray();
        return new ParsedMessage(ContentHash.From(hash), header, isCut, envelope, structure, message.MessageId, _hasNul, _lineEnds.Octets);
    }
}

/// <summary>Parsers that wait for their next message; a few, since one is in use only while its message's bytes come.</summary>
internal sealed class MessageParsers(StorageOptions options)
{
    private static readonly int MostKept = Environment.ProcessorCount * 4;

    private readonly ConcurrentQueue<MessageParser> _idle = new();
    private readonly MimeLimits _limits = MimeLimits.Default with
    {
        MaxHeaderBytes = Math.Max(MimeLimits.Default.MaxHeaderBytes, options.HeaderLimit.ToInt32()),
    };

    public MessageParser Rent() => _idle.TryDequeue(out var parser) ? parser : new MessageParser(_limits, options.HeaderLimit.ToInt32());

    public void Return(MessageParser parser)
    {
        if (_idle.Count >= MostKept)
            return;
        parser.Reset();
        _idle.Enqueue(parser);
    }
}
