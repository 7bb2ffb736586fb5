using Sora.Mime;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>convert (RFC 6558), an action that is a test too. What can be converted: <see cref="PartConverter"/>.</summary>
internal sealed class ConvertExtension : SieveExtension
{
    public override string Capability => "convert";

    public override void Register(Vocabulary vocabulary)
    {
        foreach (var isTest in (bool[])[false, true])
        {
            vocabulary.Command(new CallDefinition
            {
                Name = "convert",
                IsTest = isTest,
                Arguments = [("media type", ArgumentKind.String), ("new media type", ArgumentKind.String), ("parameters", ArgumentKind.StringList)],
                Build = static call => Build(call),
            });
        }
    }

    private static SieveNode? Build(CallBinding call)
    {
        var parameters = call.Strings(2);
        if (Array.Find(parameters.Constant ?? [], static parameter => !IsParameter(parameter)) is { } wrong)
        {
            call.Context.Error(call.ArgumentPosition(2), NoParameter(wrong));
            return null;
        }

        var conversion = new Conversion(call.Position, call.String(0), call.String(1), parameters);
        return call.Definition.IsTest ? new ConvertTest(call.Position, conversion) : new ConvertCommand(call.Position, conversion);
    }

    // "<transcoding-param-name>=<transcoding-param-value>"; the empty string where there are none, because a list cannot be empty
    private static bool IsParameter(string parameter) => parameter.Length == 0 || parameter.IndexOf('=', StringComparison.Ordinal) > 0;

    private static string NoParameter(string parameter) => $"{SieveText.Show(parameter)} is no parameter such as \"charset=utf-8\"";

    private sealed class Conversion(SourcePosition position, SieveString from, SieveString to, SieveStrings parameters)
    {
        /// <summary>Converts all parts that are asked for, or none; false where one cannot be converted.</summary>
        public async ValueTask<bool> RunAsync(SieveRun run)
        {
            var (oldType, newType) = (from.Get(run), to.Get(run));
            var given = parameters.Get(run);
            if (Array.Find(given, static parameter => !IsParameter(parameter)) is { } wrong)
                throw new SieveRuntimeException($"convert: {NoParameter(wrong)}");
            var entities = new List<(MimePart Part, byte[] Entity)>();
            foreach (var part in Parts(run))
            {
                run.Spend(0, 1);
                if (!IsType(part, oldType))
                    continue;
                if (run.Message.HeaderTruncated || await PartConverter.ConvertAsync(run, part, newType, given) is not { } entity)
                {
                    run.Trace(position, $"convert: {oldType} cannot be converted to {newType}");
                    return false;
                }

                entities.Add((part, entity));
            }

            if (entities.Count == 0)
                return true;
            if (entities is [var (only, whole)] && ReferenceEquals(only, run.Message.Root))
                PartConverter.ReplaceRoot(run, whole);
            else
                await PartReplacement.ReplaceAsync(run, entities);
            run.Actions.Note(new ConvertAction(oldType, newType) { Line = position.Line, Message = run.NewMessage });
            run.Trace(position, $"convert {oldType} to {newType}: {entities.Count}");
            return true;
        }

        // In a loop only the part at hand
        private static IEnumerable<MimePart> Parts(SieveRun run) =>
            run.CurrentPart is { } current ? [current] : [run.Message.Root, .. MimeParts.Below(run.Message.Root)];

        private static bool IsType(MimePart part, string type)
        {
            var slash = type.IndexOf('/', StringComparison.Ordinal);
            return slash > 0 && !part.IsMultipart && !part.IsMessage && part.Is(type[..slash], type[(slash + 1)..]);
        }
    }

    private sealed class ConvertCommand(SourcePosition position, Conversion conversion) : CommandNode(position)
    {
        public override async ValueTask<Flow> ExecuteAsync(SieveRun run)
        {
            await conversion.RunAsync(run);
            return Flow.Next;
        }
    }

    private sealed class ConvertTest(SourcePosition position, Conversion conversion) : TestNode(position)
    {
        public override string Name => "convert";

        protected override ValueTask<bool> RunAsync(SieveRun run) => conversion.RunAsync(run);
    }
}
