namespace Sora.Mime;

/// <summary>Joins the lines of format=flowed (RFC 3676): a line that ends in a space goes on in the next of the same quote depth.</summary>
internal sealed class FlowedText(SearchTextSink sink, bool deleteSpace)
{
    private const string SignatureMark = "-- ";

    private bool _atLineStart = true;
    private bool _afterQuotes;
    private bool _heldSpace;
    private bool _softBreak;
    private int _depth;
    private int _previousDepth;
    // How much of the signature mark the line has matched; -1 when it is another line
    private int _signature;

    public void Add(char c)
    {
        if (_atLineStart && c == '>' && !_afterQuotes)
        {
            _depth++;
            return;
        }
        if (_atLineStart && !_afterQuotes)
        {
            BeginLine();
            _afterQuotes = true;
            // Space-stuffing (section 4.4)
            if (c == ' ')
                return;
        }
        if (c == '\n')
        {
            EndLine();
            return;
        }
        _atLineStart = false;
        _signature = _signature >= 0 && _signature < SignatureMark.Length && SignatureMark[_signature] == c ? _signature + 1 : -1;
        ReleaseSpace();
        if (c == ' ')
            _heldSpace = true;
        else
            sink.Add(c);
    }

    public void Complete() => ReleaseSpace();

    private void BeginLine()
    {
        bool joined = _softBreak && _depth == _previousDepth;
        if (_softBreak && !joined)
            sink.Add('\n');
        if (!joined)
        {
            for (int i = 0; i < _depth; i++)
                sink.Add('>');
            if (_depth > 0)
                sink.Add(' ');
        }
        _softBreak = false;
        _signature = 0;
    }

    private void EndLine()
    {
        bool isSignature = _signature == SignatureMark.Length;
        _softBreak = _heldSpace && !isSignature;
        if (_softBreak && deleteSpace)
            _heldSpace = false;
        ReleaseSpace();
        if (!_softBreak)
            sink.Add('\n');
        _previousDepth = _depth;
        _depth = 0;
        _atLineStart = true;
        _afterQuotes = false;
    }

    private void ReleaseSpace()
    {
        if (!_heldSpace)
            return;
        _heldSpace = false;
        sink.Add(' ');
    }
}
