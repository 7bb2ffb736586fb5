using System.Buffers;

namespace Sora.Mime;

/// <summary>quoted-printable (RFC 2045 section 6.7). What is no escape stays as it is written.</summary>
internal sealed class QuotedPrintableDecoder
{
    private const int MostSpaces = 998;

    private static readonly SearchValues<byte> Special = SearchValues.Create("= \t"u8);

    // White space that goes if a line break follows
    private readonly byte[] _spaces = new byte[MostSpaces];
    private int _spacesLength;
    private State _state;
    private byte _firstDigit;

    private enum State
    {
        Text,
        Escape,
        EscapeDigit,
        SoftBreakSpace,
        SoftBreakCr,
    }

    public bool HasErrors { get; private set; }

    public void Decode(ReadOnlySpan<byte> input, IBufferWriter<byte> output)
    {
        while (!input.IsEmpty)
        {
            if (_state == State.Text)
                input = DecodeText(input, output);
            else if (DecodeEscape(input[0], output))
                input = input[1..];
        }
    }

    public void Complete(IBufferWriter<byte> output)
    {
        if (_state == State.EscapeDigit)
        {
            HasErrors = true;
            Literal(output, _firstDigit);
        }
        // White space at the very end is at the end of a line too, and "=" there is a soft break
        Reset(HasErrors);
    }

    public void Reset() => Reset(hasErrors: false);

    private void Reset(bool hasErrors)
    {
        _spacesLength = 0;
        _state = State.Text;
        HasErrors = hasErrors;
    }

    private ReadOnlySpan<byte> DecodeText(ReadOnlySpan<byte> input, IBufferWriter<byte> output)
    {
        byte first = input[0];
        if (first is (byte)' ' or (byte)'\t')
        {
            if (_spacesLength == MostSpaces)
                WriteSpaces(output);
            _spaces[_spacesLength++] = first;
            return input[1..];
        }
        if (first is (byte)'\r' or (byte)'\n')
            _spacesLength = 0;
        else
            WriteSpaces(output);
        int run = input.IndexOfAny(Special);
        if (run < 0)
            run = input.Length;
        output.Write(input[..run]);
        if (run == input.Length || input[run] != (byte)'=')
            return input[run..];
        _state = State.Escape;
        return input[(run + 1)..];
    }

    // False when the byte is still to be read as text
    private bool DecodeEscape(byte b, IBufferWriter<byte> output)
    {
        switch (_state)
        {
            case State.Escape when Hex.Digit(b) >= 0:
                _firstDigit = b;
                _state = State.EscapeDigit;
                return true;
            case State.EscapeDigit when Hex.TryRead(_firstDigit, b, out byte value):
                output.Write([value]);
                _state = State.Text;
                return true;
            case State.EscapeDigit:
                HasErrors = true;
                Literal(output, _firstDigit);
                return false;
            case State.Escape or State.SoftBreakSpace when b == (byte)'\r':
                _spacesLength = 0;
                _state = State.SoftBreakCr;
                return true;
            case State.Escape or State.SoftBreakSpace when b == (byte)'\n':
                _spacesLength = 0;
                _state = State.Text;
                return true;
            case State.Escape or State.SoftBreakSpace when b is (byte)' ' or (byte)'\t' && _spacesLength < MostSpaces:
                _spaces[_spacesLength++] = b;
                _state = State.SoftBreakSpace;
                return true;
            case State.SoftBreakCr:
                _state = State.Text;
                return b == (byte)'\n';
            default:
                HasErrors = true;
                output.Write("="u8);
                _state = State.Text;
                return false;
        }
    }

    private void Literal(IBufferWriter<byte> output, byte digit)
    {
        output.Write([(byte)'=', digit]);
        _state = State.Text;
    }

    private void WriteSpaces(IBufferWriter<byte> output)
    {
        if (_spacesLength == 0)
            return;
        output.Write(_spaces.AsSpan(0, _spacesLength));
        _spacesLength = 0;
    }
}
