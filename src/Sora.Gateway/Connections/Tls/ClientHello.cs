using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Sora.Gateway.Connections.Tls;

/// <summary>
/// What a client says of itself when TLS begins (RFC 8446 section 4.1.2), as far as the choice of a certificate depends on it. SslStream tells of it only the host's name, so it is read here before
/// SslStream reads it again.
/// </summary>
internal sealed class ClientHello
{
    /// <summary>More than any client sends; with keys for post-quantum exchange it is about 2 KiB.</summary>
    public const int MaxLength = 64 * 1024;

    /// <summary>RFC 8737 section 6.2.</summary>
    public const string AcmeProtocol = "acme-tls/1";

    private const int RecordHeader = 5;
    private const int MessageHeader = 4;
    private const byte HandshakeRecord = 22;
    private const byte ClientHelloMessage = 1;

    private ushort[] _ciphers = [];
    private ushort[]? _signatures;

    private ClientHello()
    {
    }

    /// <summary>The host that the client wants, in small letters without a dot at its end (RFC 6066 section 3); null when it names none.</summary>
    public string? ServerName { get; private set; }

    /// <summary>The client speaks TLS 1.3.</summary>
    public bool OffersTls13 { get; private set; }

    /// <summary>The client is an ACME server that looks for a proof, and nothing else (RFC 8737 section 3).</summary>
    public bool IsAcmeValidation { get; private set; }

    /// <summary>Reads it from the start of what a client has sent.</summary>
    /// <returns>Null when <paramref name="isComplete"/> is false: more is needed; otherwise what came is not one.</returns>
    public static ClientHello? Read(in ReadOnlySequence<byte> input, out bool isComplete)
    {
        var message = new ArrayBufferWriter<byte>(512);
        isComplete = true;
        var rest = input;
        Span<byte> header = stackalloc byte[RecordHeader];
        while (true)
        {
            // Anything else than a record of the handshake is for SslStream to refuse
            if (!rest.IsEmpty && rest.FirstSpan[0] != HandshakeRecord)
                return null;
            if (rest.Length < RecordHeader)
            {
                isComplete = false;
                return null;
            }

            rest.Slice(0, RecordHeader).CopyTo(header);
            var length = BinaryPrimitives.ReadUInt16BigEndian(header[3..]);
            if (header[1] != 3 || length == 0 || input.Length > MaxLength)
                return null;
            var available = (int)Math.Min(length, rest.Length - RecordHeader);
            rest.Slice(RecordHeader, available).CopyTo(message.GetSpan(available));
            message.Advance(available);
            var written = message.WrittenSpan;
            if (written.Length > 0 && written[0] != ClientHelloMessage)
                return null;
            if (written.Length >= MessageHeader)
            {
                var size = (written[1] << 16) | (written[2] << 8) | written[3];
                if (written.Length - MessageHeader >= size)
                    return Parse(written.Slice(MessageHeader, size));
            }

            if (available < length)
            {
                isComplete = false;
                return null;
            }

            rest = rest.Slice(RecordHeader + length);
        }
    }

    /// <summary>The client can check signatures of a certificate's key. What it cannot is refused by its TLS, not here.</summary>
    public bool CanVerify(KeyKind key)
    {
        if (OffersTls13)
        {
            // RFC 8446 section 4.2.3: the scheme names the curve, and RSA is PSS
            return key switch
            {
                KeyKind.EcdsaP256 => Signs(0x0403),
                KeyKind.EcdsaP384 => Signs(0x0503),
                KeyKind.EcdsaP521 => Signs(0x0603),
                _ => Signs(0x0804) || Signs(0x0805) || Signs(0x0806),
            };
        }

        // RFC 5246 section 7.4.2: the suite says what the key is, the extension what it may sign with
        return key == KeyKind.Rsa
            ? Array.Exists(_ciphers, static cipher => !IsEcdsa(cipher))
            : Array.Exists(_ciphers, IsEcdsa) && (_signatures is null || Array.Exists(_signatures, static scheme => (scheme & 0xFF) == 3));
    }

    private bool Signs(ushort scheme) => _signatures is not null && Array.IndexOf(_signatures, scheme) >= 0;

    // ECDHE_ECDSA of RFC 8422, 5289, 7251 and 7905
    private static bool IsEcdsa(ushort cipher) => cipher is 0xC006 or 0xC007 or 0xC008 or 0xC009 or 0xC00A or 0xC023 or 0xC024 or 0xC02B or 0xC02C
        or 0xC072 or 0xC073 or 0xC086 or 0xC087 or 0xC05C or 0xC05D or 0xC048 or 0xC049 or (>= 0xC0AC and <= 0xC0AF) or 0xCCA9;

    private static ClientHello? Parse(ReadOnlySpan<byte> body)
    {
        const int VersionAndRandom = 34;
        var hello = new ClientHello();
        if (body.Length < VersionAndRandom)
            return null;
        var reader = new Reader(body[VersionAndRandom..]);
        if (!reader.TryVector8(out _) || !reader.TryVector16(out var ciphers) || !reader.TryVector8(out _))
            return null;
        hello._ciphers = Numbers(ciphers);
        if (reader.IsAtEnd)
            return hello;
        if (!reader.TryVector16(out var extensions))
            return null;
        for (var all = new Reader(extensions); !all.IsAtEnd;)
        {
            if (!all.TryUInt16(out var type) || !all.TryVector16(out var data))
                return null;
            hello.Take(type, data);
        }

        return hello;
    }

    private void Take(ushort type, ReadOnlySpan<byte> data)
    {
        var reader = new Reader(data);
        switch (type)
        {
            case 0 when reader.TryVector16(out var names): // server_name
                var name = new Reader(names);
                if (name.TryUInt8(out var kind) && kind == 0 && name.TryVector16(out var host) && host.Length is > 0 and <= 255 && Ascii.IsValid(host))
                    ServerName = Encoding.ASCII.GetString(host).TrimEnd('.').ToLowerInvariant();
                break;
            case 13 when reader.TryVector16(out var schemes): // signature_algorithms
                _signatures = Numbers(schemes);
                break;
            case 16 when reader.TryVector16(out var protocols): // application_layer_protocol_negotiation
                var list = new Reader(protocols);
                IsAcmeValidation = list.TryVector8(out var protocol) && protocol.SequenceEqual("acme-tls/1"u8) && list.IsAtEnd;
                break;
            case 43 when reader.TryVector8(out var versions): // supported_versions
                OffersTls13 = Array.IndexOf(Numbers(versions), (ushort)0x0304) >= 0;
                break;
        }
    }

    private static ushort[] Numbers(ReadOnlySpan<byte> bytes)
    {
        var numbers = new ushort[bytes.Length / 2];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = BinaryPrimitives.ReadUInt16BigEndian(bytes[(2 * i)..]);
        return numbers;
    }

    /// <summary>The presentation language of RFC 8446 section 3, read from its start.</summary>
    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public readonly bool IsAtEnd => _rest.IsEmpty;

        public bool TryUInt8(out byte value)
        {
            value = 0;
            if (_rest.IsEmpty)
                return false;
            value = _rest[0];
            _rest = _rest[1..];
            return true;
        }

        public bool TryUInt16(out ushort value)
        {
            if (!BinaryPrimitives.TryReadUInt16BigEndian(_rest, out value))
                return false;
            _rest = _rest[2..];
            return true;
        }

        public bool TryVector8(out ReadOnlySpan<byte> value)
        {
            value = default;
            return TryUInt8(out var length) && TryTake(length, out value);
        }

        public bool TryVector16(out ReadOnlySpan<byte> value)
        {
            value = default;
            return TryUInt16(out var length) && TryTake(length, out value);
        }

        private bool TryTake(int length, out ReadOnlySpan<byte> value)
        {
            value = default;
            if (_rest.Length < length)
                return false;
            value = _rest[..length];
            _rest = _rest[length..];
            return true;
        }
    }
}
