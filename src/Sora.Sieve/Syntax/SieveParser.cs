using System.Collections.Immutable;

namespace Sora.Sieve.Syntax;

/// <summary>
/// Reads commands (RFC 5228 section 8.2). After an error it goes on behind the command: behind the next semicolon or block of the same depth.
/// </summary>
internal ref struct SieveParser
{
    private readonly SieveCompilerOptions _options;
    private readonly DiagnosticList _diagnostics;
    private SieveLexer _lexer;
    private SieveToken _token;
    private int _blockDepth;
    private int _testDepth;
    private int _calls;

    public SieveParser(ReadOnlySpan<byte> script, SieveCompilerOptions options, DiagnosticList diagnostics)
    {
        _options = options;
        _diagnostics = diagnostics;
        _lexer = new SieveLexer(script, diagnostics, options.MaxStringSize);
        _token = _lexer.Next();
    }

    /// <summary>start = commands</summary>
    public ImmutableArray<CallSyntax> Parse()
    {
        var commands = Commands();
        while (_token.Kind != TokenKind.End)
        {
            _diagnostics.Error(_token.Position, "There is no block to be closed here", _token.Show(), "a command");
            Advance();
            commands = commands.AddRange(Commands());
        }

        return commands;
    }

    private void Advance() => _token = _lexer.Next();

    // commands = *command; up to a closing brace or the end
    private ImmutableArray<CallSyntax> Commands()
    {
        var commands = ImmutableArray.CreateBuilder<CallSyntax>();
        while (_token.Kind is not (TokenKind.End or TokenKind.RightBrace))
        {
            if (_token.Kind == TokenKind.Semicolon)
            {
                _diagnostics.Error(_token.Position, "There is no command before the semicolon", _token.Show(), "a command");
                Advance();
                continue;
            }

            if (_token.Kind != TokenKind.Identifier)
            {
                _diagnostics.Error(_token.Position, "A command begins with its name", _token.Show(), "a command");
                Recover();
                continue;
            }

            if (++_calls > _options.MaxCommands)
            {
                _diagnostics.Error(_token.Position, $"The script has more than {_options.MaxCommands} commands and tests");
                while (_token.Kind != TokenKind.End)
                    Advance();
                break;
            }

            if (Command() is { } command)
                commands.Add(command);
            else
                Recover();
        }

        return commands.ToImmutable();
    }

    // command = identifier arguments (";" / block); null after an error
    private CallSyntax? Command()
    {
        var call = new CallSyntax(_token.Text, _token.Position);
        Advance();
        if (Arguments(ref call) is false)
            return null;
        if (_token.Kind == TokenKind.Semicolon)
        {
            Advance();
            return call;
        }

        if (_token.Kind != TokenKind.LeftBrace)
        {
            if (_token.Kind != TokenKind.End || !_lexer.IsCut)
                Incomplete(call);

            // Where only the semicolon is missing, what is wrong before it is still to be seen
            return _token.Kind is TokenKind.End or TokenKind.RightBrace && !_lexer.IsCut && !call.Tests.IsEmpty && !TakesBlock(call) ? call : null;
        }

        var open = _token.Position;
        if (_blockDepth >= _options.MaxBlockDepth)
        {
            _diagnostics.Error(open, $"Blocks are nested deeper than {_options.MaxBlockDepth}");
            return null;
        }

        Advance();
        _blockDepth++;
        var block = Commands();
        _blockDepth--;
        if (_token.Kind == TokenKind.RightBrace)
            Advance();
        else
            _diagnostics.Error(open, "The block that begins here is never closed", _token.Show(), "'}'");
        return call with { Block = block };
    }

    private static bool TakesBlock(CallSyntax call) => call.Name is "if" or "elsif" or "else" or "foreverypart";

    private readonly void Incomplete(CallSyntax call)
    {
        if (_token.Kind == TokenKind.Comma)
        {
            for (var inner = call; !inner.IsTestList && inner.Tests is [var test]; inner = test)
            {
                if (test.Name is not ("anyof" or "allof") || test.IsTestList)
                    continue;
                _diagnostics.Error(test.Position, $"'{test.Name}' takes its tests in parentheses", expected: $"'(' behind '{test.Name}'");
                return;
            }
        }

        var expected = call.Tests.IsEmpty ? "';', a block or an argument" : TakesBlock(call) ? "'{'" : "';' or a block";
        _diagnostics.Error(_token.Position, $"The command '{call.Name}' is not complete", _token.Show(), expected);
    }

    // arguments = *argument [ test / test-list ]
    private bool Arguments(ref CallSyntax call)
    {
        var arguments = ImmutableArray.CreateBuilder<ArgumentSyntax>();
        while (true)
        {
            switch (_token.Kind)
            {
                case TokenKind.Tag:
                    arguments.Add(new TagSyntax(_token.Text, _token.Position));
                    Advance();
                    continue;
                case TokenKind.Number:
                    arguments.Add(new NumberSyntax(_token.Number, _token.Position));
                    Advance();
                    continue;
                case TokenKind.String:
                    arguments.Add(new StringsSyntax([new StringSyntax(_token.Text, _token.Position)], IsList: false, _token.Position));
                    Advance();
                    continue;
                case TokenKind.LeftBracket:
                    if (StringList() is not { } list)
                        return false;
                    arguments.Add(list);
                    continue;
            }

            call = call with { Arguments = arguments.ToImmutable() };
            return _token.Kind switch
            {
                TokenKind.Identifier => SingleTest(ref call),
                TokenKind.LeftParenthesis => TestList(ref call),
                _ => true,
            };
        }
    }

    // string-list = "[" string *("," string) "]"; read on after a slip, so that what the list belongs to is not reported besides
    private StringsSyntax? StringList()
    {
        var position = _token.Position;
        var strings = ImmutableArray.CreateBuilder<StringSyntax>();
        var isReported = false;
        Advance();
        while (true)
        {
            if (_token.Kind is not (TokenKind.String or TokenKind.Identifier))
            {
                _diagnostics.Error(_token.Position, "A string list holds strings", _token.Show(), "a string");
                if (_token.Kind != TokenKind.RightBracket)
                    return null;
                Advance();
                return new StringsSyntax(strings.Count > 0 ? strings.ToImmutable() : [new StringSyntax("", position)], IsList: true, position);
            }

            if (_token.Kind == TokenKind.Identifier)
                Slip(ref isReported, "A string list holds strings", "a string in double quotes");
            if (strings.Count == _options.MaxListLength)
            {
                _diagnostics.Error(_token.Position, $"The string list is longer than {_options.MaxListLength}");
                return null;
            }

            strings.Add(new StringSyntax(_token.Text, _token.Position));
            Advance();
            switch (_token.Kind)
            {
                case TokenKind.Comma:
                    Advance();
                    continue;
                case TokenKind.RightBracket:
                    Advance();
                    return new StringsSyntax(strings.ToImmutable(), IsList: true, position);
                case TokenKind.String:
                    Slip(ref isReported, "The string list is not closed", "',' or ']'");
                    continue;
                case TokenKind.Semicolon or TokenKind.LeftBrace:
                    Slip(ref isReported, "The string list is not closed", "',' or ']'");
                    return new StringsSyntax(strings.ToImmutable(), IsList: true, position);
                default:
                    _diagnostics.Error(_token.Position, "The string list is not closed", _token.Show(), "',' or ']'");
                    return null;
            }
        }
    }

    // One message for a list
    private readonly void Slip(ref bool isReported, string message, string expected)
    {
        if (!isReported)
            _diagnostics.Error(_token.Position, message, _token.Show(), expected);
        isReported = true;
    }

    private bool SingleTest(ref CallSyntax call)
    {
        if (Test() is not { } test)
            return false;
        call = call with { Tests = [test] };
        return true;
    }

    // test-list = "(" test *("," test) ")"
    private bool TestList(ref CallSyntax call)
    {
        var tests = ImmutableArray.CreateBuilder<CallSyntax>();
        do
        {
            Advance();
            if (_token.Kind != TokenKind.Identifier)
            {
                _diagnostics.Error(_token.Position, "A test list holds tests", _token.Show(), "a test");
                return false;
            }

            if (tests.Count == _options.MaxListLength)
            {
                _diagnostics.Error(_token.Position, $"The test list is longer than {_options.MaxListLength}");
                return false;
            }

            if (Test() is not { } test)
                return false;
            tests.Add(test);
        }
        while (_token.Kind == TokenKind.Comma);

        if (_token.Kind != TokenKind.RightParenthesis)
        {
            _diagnostics.Error(_token.Position, "The test list is not closed", _token.Show(), "',' or ')'");
            return false;
        }

        Advance();
        call = call with { Tests = tests.ToImmutable(), IsTestList = true };
        return true;
    }

    // test = identifier arguments
    private CallSyntax? Test()
    {
        var test = new CallSyntax(_token.Text, _token.Position);
        if (_testDepth >= _options.MaxTestDepth)
        {
            _diagnostics.Error(_token.Position, $"Tests are nested deeper than {_options.MaxTestDepth}");
            return null;
        }

        if (++_calls > _options.MaxCommands)
        {
            _diagnostics.Error(_token.Position, $"The script has more than {_options.MaxCommands} commands and tests");
            return null;
        }

        Advance();
        _testDepth++;
        var isRead = Arguments(ref test);
        _testDepth--;
        return isRead ? test : null;
    }

    // Behind the command that is at hand
    private void Recover()
    {
        var depth = 0;
        while (_token.Kind != TokenKind.End)
        {
            switch (_token.Kind)
            {
                case TokenKind.Semicolon when depth == 0:
                    Advance();
                    return;
                case TokenKind.LeftBrace:
                    depth++;
                    break;
                case TokenKind.RightBrace when depth == 0:
                    return;
                case TokenKind.RightBrace when --depth == 0:
                    Advance();
                    return;
            }

            Advance();
        }
    }
}
