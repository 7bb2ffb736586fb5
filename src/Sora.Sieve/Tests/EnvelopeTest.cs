using Sora.Sieve.Extensions;
using Sora.Sieve.Matching;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Tests;

/// <summary>envelope (RFC 5228 section 5.4).</summary>
internal sealed class EnvelopeTest(
    SourcePosition position, EnvelopePartDefinition[] known, SieveStrings names, CompiledEnvelopeParts available, MatchArguments match, AddressPart? part, SieveString? zone)
    : TestNode(position)
{
    public override string Name => "envelope";

    public static EnvelopeTest? Build(CallBinding call)
    {
        var available = new CompiledEnvelopeParts(call.Context);
        var names = call.Strings(0);
        var known = new List<EnvelopePartDefinition>();
        foreach (var name in names.Constant ?? [])
        {
            if (available.Find(name, out var problem) is { } definition)
            {
                known.Add(definition);
                if (!definition.IsAddress && call.AddressPartGiven is not null)
                    problem = NoAddress(name);
            }

            if (problem is not null)
            {
                call.Context.Error(call.ArgumentPosition(0), problem);
                return null;
            }
        }

        return DateExtension.TryZone(call, out var zone) && call.Match(1) is { } match
            ? new EnvelopeTest(call.Position, [.. known], names, available, match, call.AddressPartGiven, zone)
            : null;
    }

    protected override async ValueTask<bool> RunAsync(SieveRun run)
    {
        var matcher = match.For(run);
        var count = 0;
        if (run.Input.ImapEvent is not null)
            throw new SieveRuntimeException("'envelope' cannot be used on a message that is in a mailbox already: it has no envelope (RFC 6785 section 4.6)");
        if (run.Input.Envelope is not { } envelope)
            return matcher.CountsValues && matcher.MatchCount(run, 0);
        run.State<EnvelopeZone>().Zone = zone;
        foreach (var definition in names.Constant is null ? Parts(run) : known)
        {
            foreach (var text in definition.Get(run, envelope))
            {
                var value = definition.IsAddress ? (part ?? AddressPart.All).Select(run, SieveAddressValue.FromPath(text)) : new SieveValue(text);
                if (value is null)
                    continue;

                // The null reverse-path is matched as the empty string, but it is nobody who could be counted
                if (text.Length > 0 || !definition.IsAddress)
                    count++;
                if (!matcher.CountsValues && await matcher.MatchAsync(run, value))
                    return true;
            }
        }

        return matcher.CountsValues && matcher.MatchCount(run, count);
    }

    private EnvelopePartDefinition[] Parts(SieveRun run)
    {
        var parts = new List<EnvelopePartDefinition>();
        foreach (var name in names.Get(run))
        {
            var definition = available.Find(name, out var problem) ?? throw new SieveRuntimeException($"envelope: {problem}");
            parts.Add(definition.IsAddress || part is null ? definition : throw new SieveRuntimeException($"envelope: {NoAddress(name)}"));
        }

        return [.. parts];
    }

    // "it is an error to specify an ADDRESS-PART argument in conjunction with these" (RFC 6009 sections 4 and 5)
    private static string NoAddress(string name) => $"The envelope part {SieveText.Show(name)} is no address, so it has no parts";
}

/// <summary>The parts of the envelope that a script may name.</summary>
internal sealed class CompiledEnvelopeParts(CompilationContext context)
{
    private readonly Vocabulary _vocabulary = context.Vocabulary;
    private readonly HashSet<string> _enabled = [.. context.Enabled];

    public EnvelopePartDefinition? Find(string name, out string? problem)
    {
        var definition = _vocabulary.FindEnvelopePart(SieveText.FoldAscii(name).ToLowerInvariant());
        problem = definition is null
            ? $"There is no envelope part {SieveText.Show(name)}: it is one of {string.Join(", ", _vocabulary.EnvelopePartNames.Order(StringComparer.Ordinal).Select(static part => $"\"{part}\""))}"
            : definition.Capability.Length > 0 && !_enabled.Contains(definition.Capability)
                ? $"The envelope part {SieveText.Show(name)} needs 'require \"{definition.Capability}\";' at the beginning"
                : null;
        return problem is null ? definition : null;
    }
}

/// <summary>The <c>:zone</c> of the envelope test at hand (RFC 6009 section 5).</summary>
internal sealed class EnvelopeZone
{
    public SieveString? Zone { get; set; }
}
