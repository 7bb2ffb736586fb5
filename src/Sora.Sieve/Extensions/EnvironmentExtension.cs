using Sora.Sieve.Matching;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>environment (RFC 5183): what the host knows of where the script runs. An unknown item matches nothing.</summary>
internal sealed class EnvironmentExtension : SieveExtension
{
    public override string Capability => "environment";

    public override void Register(Vocabulary vocabulary) => vocabulary.Test(new CallDefinition
    {
        Name = "environment",
        IsTest = true,
        IsMatching = true,
        Arguments = [("item", ArgumentKind.String), ("keys", ArgumentKind.StringList)],
        Build = static call => call.Match(1) is { } match ? new EnvironmentTest(call.Position, call.String(0), match) : null,
    });

    private sealed class EnvironmentTest(SourcePosition position, SieveString item, MatchArguments match) : TestNode(position)
    {
        public override string Name => "environment";

        protected override async ValueTask<bool> RunAsync(SieveRun run)
        {
            var matcher = match.For(run);
            var value = ImapEventRun.Environment(run, item.Get(run).ToLowerInvariant());

            // "MUST fail unconditionally if the specified information item does not exist"; the count is 1 for a value that is not empty (RFC 5183 section 4)
            if (value is null)
                return false;
            return matcher.CountsValues ? matcher.MatchCount(run, value.Length == 0 ? 0 : 1) : await matcher.MatchAsync(run, new SieveValue(value));
        }
    }
}
