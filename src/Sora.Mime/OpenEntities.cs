using System.Diagnostics.CodeAnalysis;

namespace Sora.Mime;

/// <summary>Where an entity stands; decides its default type (RFC 2046 section 5.1.5) and whether it has an envelope.</summary>
internal enum EntityContext
{
    Message,
    Part,
    DigestPart,
}

/// <summary>
/// The entities whose end was not seen yet, outermost first, and the boundaries that are open. A line is looked up among the
/// boundaries by its hash, so its cost does not grow with the depth of nesting.
/// </summary>
internal sealed class OpenEntities(MimeLimits limits)
{
    // StructureFormat reads recursively
    private const int DepthCeiling = 1000;
    private const int MaxBoundaryLength = 1000;

    private readonly int _maxDepth = Math.Clamp(limits.MaxDepth, 0, DepthCeiling);
    private readonly Dictionary<byte[], int> _boundaries = new(BoundaryComparer.Instance);
    private readonly ContentFieldParser _content = new(limits.MaxParameters);
    private Entity[] _stack = new Entity[8];
    private int _addressesLeft;
    private int _depth;

    public int Count { get; private set; }

    public int PartCount { get; private set; }

    public MimePart Root { get; private set; } = new();

    public bool HasBoundaries => _boundaries.Count > 0;

    /// <summary>Whether the innermost entity holds a message whose header comes next.</summary>
    public bool TopHoldsMessage => _stack[Count - 1].HoldsMessage;

    public bool IsDigest(int level) => _stack[level].IsDigest;

    public void Clear()
    {
        Array.Clear(_stack, 0, _stack.Length);
        _boundaries.Clear();
        _addressesLeft = limits.MaxAddresses;
        _depth = 0;
        Count = 0;
        PartCount = 0;
    }

    public void Push(EntityContext context, long headerStart)
    {
        if (Count == _stack.Length)
            Array.Resize(ref _stack, Count * 2);
        var part = new MimePart { HeaderStart = headerStart };
        if (Count == 0)
            Root = part;
        else if (context == EntityContext.Message)
            _stack[Count - 1].Part.Message = part;
        else
            (_stack[Count - 1].Children ??= []).Add(part);
        _stack[Count++] = new Entity { Part = part, Context = context, ShadowedLevel = -1 };
        PartCount++;
    }

    /// <summary>Reads the header of the innermost entity; gives the envelope when the entity is a message.</summary>
    public Envelope? ReadHeader(ReadOnlySpan<byte> header, long bodyStart, long newlines)
    {
        ref var entity = ref _stack[Count - 1];
        var part = entity.Part;
        part.BodyStart = bodyStart;
        entity.NewlinesAtBody = newlines;

        Envelope? envelope = null;
        if (entity.Context == EntityContext.Message)
        {
            var builder = new EnvelopeBuilder(_addressesLeft);
            _content.Parse(header, part, ref builder);
            envelope = builder.Build();
            _addressesLeft = builder.AddressesLeft;
            if (Count > 1)
                _stack[Count - 2].Part.Envelope = envelope;
        }
        else
        {
            _content.Parse(header, part, entity.Context == EntityContext.DigestPart);
        }
        Open(ref entity);
        return envelope;
    }

    public bool TryMatch(ReadOnlySpan<byte> line, out int level, out bool closes)
    {
        level = 0;
        closes = false;
        if (_boundaries.Count == 0 || line.Length < 3 || line[1] != (byte)'-')
            return false;
        var text = line[2..].TrimEnd(" \t\r\n"u8);
        var lookup = _boundaries.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (lookup.TryGetValue(text, out level))
            return true;
        closes = text.EndsWith("--"u8) && lookup.TryGetValue(text[..^2], out level);
        return closes;
    }

    public void CloseBoundary(int level)
    {
        ref var entity = ref _stack[level];
        if (entity.Boundary is null)
            return;
        if (entity.ShadowedLevel >= 0)
            _boundaries[entity.Boundary] = entity.ShadowedLevel;
        else
            _boundaries.Remove(entity.Boundary);
        entity.Boundary = null;
    }

    /// <summary>
    /// Closes the innermost entity. A boundary right after a header takes a line break away that the header owns; then the
    /// end moves behind it, for the entities around this one too.
    /// </summary>
    public void Pop(ref long end, ref long newlines)
    {
        int level = Count - 1;
        CloseBoundary(level);
        ref var entity = ref _stack[level];
        var part = entity.Part;
        if (end < part.BodyStart)
        {
            end = part.BodyStart;
            newlines = entity.NewlinesAtBody;
        }
        part.End = end;
        part.Lines = newlines - entity.NewlinesAtBody;
        if (entity.IsMultipart)
        {
            // RFC 2046 wants one part at least, and BODYSTRUCTURE cannot be written without one
            part.Children = entity.Children?.ToArray() ?? [EmptyPart(part.End)];
        }
        if (entity.IsMultipart || entity.HoldsMessage)
            _depth--;
        entity = default;
        Count--;
    }

    private static MimePart EmptyPart(long at) =>
        new() { Parameters = ContentFieldParser.DefaultParameters, HeaderStart = at, BodyStart = at, End = at };

    private void Open(ref Entity entity)
    {
        var part = entity.Part;
        if (part.Type.Equals("multipart", StringComparison.OrdinalIgnoreCase))
            OpenMultipart(ref entity);
        else if (part.Is("message", "rfc822") || part.Is("message", "global"))
        {
            if (_depth >= _maxDepth || PartCount >= limits.MaxParts)
            {
                BecomeOctetStream(part);
                return;
            }
            entity.HoldsMessage = true;
            _depth++;
        }
    }

    private void OpenMultipart(ref Entity entity)
    {
        var part = entity.Part;
        if (!TryGetBoundary(part.Parameters, out byte[]? boundary))
        {
            // Without a boundary it is an unreadable Content-Type, which RFC 2045 section 5.2 makes plain text
            part.Type = "text";
            part.Subtype = "plain";
            part.Parameters = ContentFieldParser.DefaultParameters;
            return;
        }
        if (_depth >= _maxDepth)
        {
            BecomeOctetStream(part);
            return;
        }
        entity.IsMultipart = true;
        entity.IsDigest = part.Subtype.Equals("digest", StringComparison.OrdinalIgnoreCase);
        entity.Boundary = boundary;
        _depth++;
        if (_boundaries.TryGetValue(boundary, out int shadowed))
            entity.ShadowedLevel = shadowed;
        _boundaries[boundary] = Count - 1;
    }

    private static void BecomeOctetStream(MimePart part)
    {
        part.Type = "application";
        part.Subtype = "octet-stream";
        part.Parameters = [];
    }

    private static bool TryGetBoundary(IReadOnlyList<MimeParameter> parameters, [NotNullWhen(true)] out byte[]? boundary)
    {
        boundary = null;
        for (int i = 0; i < parameters.Count && boundary is null; i++)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(parameters[i].Name, "boundary"u8))
                boundary = parameters[i].Value.AsSpan().TrimEnd(" \t"u8).ToArray();
        }
        // Cut into pieces as RFC 2231 section 3 allows for long values
        if (boundary is null && ParameterDecoder.Find(parameters, "boundary") is { } joined)
            boundary = System.Text.Encoding.UTF8.GetBytes(joined.TrimEnd());
        return boundary is { Length: > 0 and <= MaxBoundaryLength };
    }

    private struct Entity
    {
        public MimePart Part;
        public EntityContext Context;
        public List<MimePart>? Children;
        public byte[]? Boundary;
        public int ShadowedLevel;
        public long NewlinesAtBody;
        public bool IsMultipart;
        public bool IsDigest;
        public bool HoldsMessage;
    }

    private sealed class BoundaryComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static BoundaryComparer Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        // HashCode is seeded per process: nobody can send boundaries that collide
        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
