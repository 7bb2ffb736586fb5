using Sora.Mime;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>extracttext (RFC 5703 section 7).</summary>
internal sealed class ExtractTextExtension : SieveExtension
{
    public override string Capability => "extracttext";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Command(new CallDefinition
        {
            Name = "extracttext",
            Arguments = [("variable name", ArgumentKind.String)],
            Build = Build,
        });
        vocabulary.Tag(new TagDefinition { Name = "first", Calls = ["extracttext"], Kind = ArgumentKind.Number });
    }

    private static ExtractTextCommand? Build(CallBinding call)
    {
        if (!call.Context.IsEnabled("variables"))
        {
            call.Error("The command 'extracttext' needs 'require \"variables\";' at the beginning");
            return null;
        }

        if (!ForEveryPartExtension.IsInLoop(call.Context))
        {
            call.Error("'extracttext' only stands inside 'foreverypart'");
            return null;
        }

        return VariableTarget.Compile(call.Context, call.String(0), call.ArgumentPosition(0)) is { } target
            ? new ExtractTextCommand(call.Position, target, VariablesExtension.Transforms(call), call.Tag("first")?.Number)
            : null;
    }

    private sealed class ExtractTextCommand(SourcePosition position, VariableTarget target, TagDefinition[] transforms, long? first) : CommandNode(position)
    {
        public override async ValueTask<Flow> ExecuteAsync(SieveRun run)
        {
            var text = "";
            if (run.CurrentPart is { IsMultipart: false, IsMessage: false } part && IsReadable(part))
                text = (await run.Message.Texts.GetAsync(run, part, PartForm.Plain)).Text;

            // Of a part that is longer than a variable nothing more is ever seen
            text = SieveText.Cut(text, (int)Math.Min(first ?? int.MaxValue, run.Limits.MaxStringSize));
            text = VariablesExtension.Apply(run, transforms, text);
            target.Set(run, text);
            if (run.IsTraced)
                run.Trace(Position, $"extracttext {SieveText.Show(text)}");
            return Flow.Next;
        }

        // "If the transfer encoding or character set is unrecognized ... an empty string will result"
        private static bool IsReadable(MimePart part) =>
            part.IsText && TransferDecoder.Parse(part.Encoding) != TransferEncoding.Unknown
            && (ParameterDecoder.Find(part.Parameters, "charset") is not { } charset || Charsets.TryGet(charset, out _));
    }
}
