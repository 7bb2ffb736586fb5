using System.Buffers;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>vnd.dovecot.report: <c>report</c> sends an abuse report (RFC 5965) about the message. What it looks like: <see cref="SieveReport"/>.</summary>
internal sealed class ReportExtension : SieveExtension
{
    // tspecials of RFC 2045 section 5.1
    private static readonly SearchValues<char> NotInTokens = SearchValues.Create("()<>@,;:\\\"/[]?=");

    public override string Capability => "vnd.dovecot.report";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Command(new CallDefinition
        {
            Name = "report",
            Arguments = [("feedback type", ArgumentKind.String), ("message", ArgumentKind.String), ("recipient", ArgumentKind.String)],
            Build = Build,
        });
        vocabulary.Tag(new TagDefinition { Name = "headers_only", Calls = ["report"] });
    }

    private static ReportCommand? Build(CallBinding call)
    {
        var type = call.String(0);
        var recipient = call.String(2);
        if (type.Constant is { } word && !IsToken(word))
        {
            call.Context.Error(call.ArgumentPosition(0), NoType(word));
            return null;
        }

        if (recipient.Constant is { } address && !SieveAddress.TryParse(address, out _))
        {
            call.Context.Error(call.ArgumentPosition(2), $"{SieveText.Show(address)} is no address that mail can be sent to");
            return null;
        }

        return new ReportCommand(call.Position, type, call.String(1), recipient, call.Has("headers_only"));
    }

    private static bool IsToken(ReadOnlySpan<char> text) =>
        !text.IsEmpty && text.IndexOfAnyExceptInRange('!', '~') < 0 && text.IndexOfAny(NotInTokens) < 0;

    private static string NoType(string word) => $"{SieveText.Show(word)} is no feedback type such as \"abuse\"";

    private sealed class ReportCommand(SourcePosition position, SieveString type, SieveString text, SieveString recipient, bool isHeadersOnly) : CommandNode(position)
    {
        public override ValueTask<Flow> ExecuteAsync(SieveRun run)
        {
            var word = type.Get(run);
            if (!IsToken(word))
                throw new SieveRuntimeException($"report: {NoType(word)}");
            if (!SieveAddress.TryParse(recipient.Get(run), out var address))
                throw new SieveRuntimeException($"report: {SieveText.Show(recipient.Get(run))} is no address");
            if (IsOwn(run, address))
                throw new SieveRuntimeException($"report: {SieveText.Show(address)} is this account itself");
            if (run.Actions.Report(new ReportAction(word, text.Get(run), address) { Line = Position.Line, Message = run.NewMessage, IsHeadersOnly = isHeadersOnly }))
                run.CountNotification();
            run.CheckActions();
            if (run.IsTraced)
                run.Trace(Position, $"report {word} to {SieveText.Show(address)}");
            return new(Flow.Next);
        }

        private static bool IsOwn(SieveRun run, string address) =>
            run.Host.Addresses.Contains(address, StringComparer.OrdinalIgnoreCase) || address.Equals(run.Input.Envelope?.To, StringComparison.OrdinalIgnoreCase);
    }
}
