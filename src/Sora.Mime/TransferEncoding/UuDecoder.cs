using System.Buffers;

namespace Sora.Mime;

/// <summary>uuencode as POSIX describes it: what stands between "begin" and "end". Other lines are skipped.</summary>
internal sealed class UuDecoder
{
    private const int LongestLine = 256;

    private readonly byte[] _line = new byte[LongestLine];
    private int _length;
    private bool _tooLong;
    private bool _begun;
    private bool _ended;

    public bool HasErrors { get; private set; }

    public void Decode(ReadOnlySpan<byte> input, IBufferWriter<byte> output)
    {
        while (!input.IsEmpty)
        {
            int newline = input.IndexOf((byte)'\n');
            var piece = newline < 0 ? input : input[..newline];
            int take = Math.Min(piece.Length, LongestLine - _length);
            piece[..take].CopyTo(_line.AsSpan(_length));
            _length += take;
            _tooLong |= take < piece.Length;
            if (newline < 0)
                return;
            EndLine(output);
            input = input[(newline + 1)..];
        }
    }

    public void Complete(IBufferWriter<byte> output)
    {
        EndLine(output);
        HasErrors |= !_ended;
    }

    public void Reset()
    {
        _length = 0;
        _tooLong = _begun = _ended = false;
        HasErrors = false;
    }

    private void EndLine(IBufferWriter<byte> output)
    {
        var line = ((ReadOnlySpan<byte>)_line.AsSpan(0, _length)).TrimEnd((byte)'\r');
        bool tooLong = _tooLong;
        _length = 0;
        _tooLong = false;
        if (_ended || line.IsEmpty)
            return;
        if (!_begun)
            _begun = line.StartsWith("begin "u8);
        else if (line.SequenceEqual("end"u8))
            _ended = true;
        else if (tooLong)
            HasErrors = true;
        else
            DecodeLine(line, output);
    }

    private void DecodeLine(ReadOnlySpan<byte> line, IBufferWriter<byte> output)
    {
        int count = Bits(line[0]);
        // Spaces at the end of the line may have been lost on the way; they stand for zeros
        var data = line[1..];
        if (line[0] is < 32 or > 96)
        {
            HasErrors = true;
            return;
        }
        var target = output.GetSpan(count + 3);
        int written = 0;
        for (int i = 0; written < count; i += 4)
        {
            int group = (At(data, i) << 18) | (At(data, i + 1) << 12) | (At(data, i + 2) << 6) | At(data, i + 3);
            target[written++] = (byte)(group >> 16);
            target[written++] = (byte)(group >> 8);
            target[written++] = (byte)group;
        }
        output.Advance(count);
    }

    private static int At(ReadOnlySpan<byte> data, int index) => index < data.Length ? Bits(data[index]) : 0;

    private static int Bits(byte value) => (value - 32) & 0x3F;
}
