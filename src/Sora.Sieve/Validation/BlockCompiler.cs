using System.Collections.Immutable;
using Sora.Sieve.Commands;
using Sora.Sieve.Extensions;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;

namespace Sora.Sieve.Validation;

/// <summary>Compiles commands in a row: puts <c>if</c>, <c>elsif</c> and <c>else</c> together and sees to the place of <c>require</c>.</summary>
internal sealed class BlockCompiler(CompilationContext context)
{
    private static readonly SourcePosition Start = new(1, 1);

    /// <summary>A whole script.</summary>
    public ImmutableArray<CommandNode> CompileScript(ImmutableArray<CallSyntax> commands)
    {
        var first = 0;
        while (first < commands.Length && commands[first].Name == "require")
            Require(commands[first++]);
        return Compile(commands[first..]);
    }

    public ImmutableArray<CommandNode> Compile(ImmutableArray<CallSyntax> commands)
    {
        var nodes = ImmutableArray.CreateBuilder<CommandNode>(commands.Length);
        for (var i = 0; i < commands.Length; i++)
        {
            var command = commands[i];
            switch (command.Name)
            {
                case "if":
                    nodes.Add(If(commands, ref i));
                    break;
                case "elsif" or "else":
                    // Compiled all the same, for the sake of the errors in it
                    context.SyntaxError(command.Position, $"'{command.Name}' only follows an 'if' or 'elsif'");
                    Branch(command);
                    break;
                case "require":
                    context.SyntaxError(command.Position, "'require' only stands before all other commands");
                    Require(command);
                    break;
                default:
                    if (command.Name == "redirect")
                        context.CountRedirect(command.Position);
                    if (context.Command(command) is { } node)
                        nodes.Add(node);
                    break;
            }
        }

        WarnOfWhatIsNeverReached(commands);
        return nodes.ToImmutable();
    }

    // Nothing behind it in its block is carried out
    private static bool IsEnd(CallSyntax command) => command.Name is "stop" or "return" or "break";

    private static bool MayEnd(ImmutableArray<CallSyntax> commands) =>
        commands.Any(static command => IsEnd(command) || command.Name == "error" || (!command.Block.IsDefault && MayEnd(command.Block)));

    private void WarnOfWhatIsNeverReached(ImmutableArray<CallSyntax> commands)
    {
        for (var i = 0; i + 1 < commands.Length; i++)
        {
            if (!IsEnd(commands[i]))
                continue;
            context.Warning(commands[i + 1].Position, $"This is never reached, because of the '{commands[i].Name}' in line {commands[i].Position.Line}");
            return;
        }
    }

    private void Require(CallSyntax command)
    {
        if (command is { Arguments: [StringsSyntax meant], IsTestList: false, Tests: [var next, ..] })
        {
            Require(meant);
            context.SyntaxError(next.Position, "'require' takes one string list; a semicolon may be missing before this", $"'{SieveText.Cut(next.Name, 80)}'", "';'");
            return;
        }

        if (command is { Arguments.IsEmpty: true, IsTestList: false, Tests: [var word] })
        {
            context.SyntaxError(word.Position, "The capabilities that 'require' takes are strings", $"'{SieveText.Cut(word.Name, 80)}'", "a string in double quotes");
            if (context.IsSupported(word.Name))
                context.Enable(word.Name);
            return;
        }

        if (command.Arguments is not [StringsSyntax capabilities] || !command.Tests.IsEmpty || !command.Block.IsDefault)
        {
            context.SyntaxError(command.Position, "'require' takes one string list, the capabilities, and a semicolon");
            return;
        }

        Require(capabilities);
    }

    private void Require(StringsSyntax capabilities)
    {
        foreach (var (name, position) in capabilities.Strings)
        {
            if (context.IsSupported(name))
            {
                context.Enable(name);
                context.InRequire.Add(name);
            }
            else
            {
                context.SyntaxError(position, $"There is no extension {SieveText.Show(name)} here{context.Hint(name, context.SupportedNames, static meant => $"\"{meant}\"")}");
            }
        }
    }

    private IfCommand If(ImmutableArray<CallSyntax> commands, ref int i)
    {
        var branches = ImmutableArray.CreateBuilder<IfBranch>();
        var position = commands[i].Position;
        var (before, lacked) = (context.Redirects, context.LacksExtension);
        var most = before;
        var mayEnd = false;
        for (var isLast = false; !isLast;)
        {
            var branch = commands[i];
            context.Redirects = before;
            branches.Add(Branch(branch));
            if (branch.Block.IsDefault || !branch.Block.Any(IsEnd))
                most = Math.Max(most, context.Redirects);
            mayEnd |= !branch.Block.IsDefault && MayEnd(branch.Block);
            isLast = branch.Name == "else" || i + 1 == commands.Length || commands[i + 1].Name is not ("elsif" or "else");
            i += isLast ? 0 : 1;
        }

        context.Redirects = most;

        // What follows is reached without the extension too when no branch leads away from it
        context.LacksExtension = lacked || (context.LacksExtension && mayEnd);
        return new IfCommand(position, branches.ToImmutable());
    }

    // "if true keep;": that the command is no test is the one mistake, a missing brace
    private bool EndsWithCommand(CallSyntax call)
    {
        while (!call.Tests.IsEmpty && !call.IsTestList)
            call = call.Tests[^1];
        return context.Vocabulary.FindCalls(call.Name) is { Count: > 0 } calls && !calls.Any(static known => known.IsTest);
    }

    private IfBranch Branch(CallSyntax command)
    {
        var isElse = command.Name == "else";
        if (isElse && command.Tests is [{ Name: "if" } written] && !command.IsTestList)
        {
            // One mistake, one message; the rest is read as it was meant
            context.SyntaxError(written.Position, "'else if' is written as one word", "'if'", "'elsif' instead of 'else if'");
            command = command with { Name = "elsif", Tests = written.Tests, Arguments = written.Arguments };
            isElse = false;
        }

        if (!command.Arguments.IsEmpty)
            context.SyntaxError(command.Arguments[0].Position, $"'{command.Name}' takes no arguments besides its test");
        if (command.IsTestList && !isElse)
            context.SyntaxError(command.Tests[0].Position, $"'{command.Name}' takes one test without parentheses");
        else if (isElse != command.Tests.IsEmpty)
            context.SyntaxError(command.Position, isElse ? "'else' takes no test" : $"'{command.Name}' takes one test");
        if (command.Block.IsDefault && !EndsWithCommand(command))
            context.SyntaxError(command.Position, $"'{command.Name}' takes a block", "';'", "'{'");

        var guards = command.Tests.Any(IhaveExtension.IsGuard) ? 1 : 0;
        TestNode? test = null;
        foreach (var syntax in command.Tests)
            test = context.Test(syntax);
        context.GuardDepth += guards;
        var block = command.Block.IsDefault ? [] : context.Block(command.Block);
        context.GuardDepth -= guards;
        return new IfBranch(isElse ? null : test ?? new DeferredErrorTest(Start, ""), block);
    }
}
