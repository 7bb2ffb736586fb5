using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Tests;

/// <summary>size (RFC 5228 section 5.9).</summary>
internal sealed class SizeTest(SourcePosition position, bool isOver, long limit) : TestNode(position)
{
    public override string Name => "size";

    public static SizeTest? Build(CallBinding call)
    {
        if (call.Has("over") || call.Has("under"))
            return new SizeTest(call.Position, call.Has("over"), call.Number(0));
        call.Error("The test 'size' takes ':over' or ':under'");
        return null;
    }

    // What was added to the header, or taken away, counts
    protected override ValueTask<bool> RunAsync(SieveRun run)
    {
        var size = run.NewMessage is { } changed && run.Message is not PartMessage
            ? changed.Header.Length + (changed.Body?.Length ?? run.Message.Size - run.Message.Root.BodyStart)
            : run.Message.Size;
        return new(isOver ? size > limit : size < limit);
    }
}
