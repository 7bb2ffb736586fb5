namespace Sora.Mailstore.Bodies.Intake;

/// <summary>Counts the octets that are missing for every line of a message to end with CRLF.</summary>
internal sealed class LineEndCounter
{
    private long _missing; // CRs before LFs
    private byte _last = (byte)'\n';

    public long Octets => _missing + (_last == '\n' ? 0 : 2);

    public void Write(ReadOnlySpan<byte> bytes)
    {
        for (var rest = bytes; !rest.IsEmpty;)
        {
            var end = rest.IndexOf((byte)'\n');
            if (end < 0)
            {
                _last = rest[^1];
                return;
            }

            // At the very beginning there is no line that it could end but an empty one
            if ((end > 0 ? rest[end - 1] : _last) != '\r')
                _missing++;
            _last = (byte)'\n';
            rest = rest[(end + 1)..];
        }
    }

    public void Reset()
    {
        _missing = 0;
        _last = (byte)'\n';
    }
}
