using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Sora.Sieve.Actions;
using Sora.Sieve.Matching;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>enotify (RFC 5435). Which methods there are is the host's to say.</summary>
internal sealed class EnotifyExtension : SieveExtension
{
    private static readonly string[] Calls = ["notify"];
    private static readonly SearchValues<char> SchemeCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.");

    public override string Capability => "enotify";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Command(new CallDefinition { Name = "notify", Arguments = [("method", ArgumentKind.String)], Build = BuildNotify });
        vocabulary.Tag(new TagDefinition { Name = "from", Calls = Calls, Kind = ArgumentKind.String });
        vocabulary.Tag(new TagDefinition { Name = "importance", Calls = Calls, Kind = ArgumentKind.String });
        vocabulary.Tag(new TagDefinition { Name = "options", Calls = Calls, Kind = ArgumentKind.StringList });
        vocabulary.Tag(new TagDefinition { Name = "message", Calls = Calls, Kind = ArgumentKind.String });
        vocabulary.Test(new CallDefinition
        {
            Name = "valid_notify_method",
            IsTest = true,
            Arguments = [("notification URIs", ArgumentKind.StringList)],
            Build = static call => new ValidMethodTest(call.Position, call.Strings(0)),
        });
        vocabulary.Test(new CallDefinition
        {
            Name = "notify_method_capability",
            IsTest = true,
            IsMatching = true,
            Arguments = [("notification URI", ArgumentKind.String), ("capability", ArgumentKind.String), ("keys", ArgumentKind.StringList)],
            Build = static call => call.Match(2) is { } match ? new CapabilityTest(call.Position, call.String(0), call.String(1), match) : null,
        });
        vocabulary.Tag(VariablesExtension.Modifier("encodeurl", 15, EncodeUrl, CutUrl));
    }

    private static NotifyCommand? BuildNotify(CallBinding call)
    {
        if (call.Tag("importance") is { String.Constant: { } importance } tag && importance is not ("1" or "2" or "3"))
        {
            tag.Error("The importance is \"1\", \"2\" or \"3\"");
            return null;
        }

        // "An implementation ... MUST cause an error" for a method whose syntax is wrong (RFC 5435 section 3.2); which schemes there are is only known when it runs
        if (call.String(0).Constant is { } method && WhyNot(method) is { } problem)
        {
            call.Context.Error(call.ArgumentPosition(0), problem);
            return null;
        }

        // The syntax of :from is the method's: that of mail is an address (RFC 5436 section 2.3)
        if (call.Tag("from") is { String.Constant: { } from } sender && call.String(0).Constant is { } uri && IsMailto(uri) && !SieveAddress.TryParse(from, out _))
        {
            sender.Error($"{SieveText.Show(from)} is no address");
            return null;
        }

        if (call.Tag("options") is { Strings.Constant: { } options } given && Array.Find(options, static option => !IsOption(option)) is { } wrong)
        {
            given.Error($"{SieveText.Show(wrong)} is no option such as \"name=value\"");
            return null;
        }

        return new NotifyCommand(
            call.Position, call.String(0), call.Tag("from")?.String, call.Tag("importance")?.String, call.Tag("options")?.Strings, call.Tag("message")?.String,
            call.Modifiers());
    }

    private static string? WhyNot(string method)
    {
        var colon = method.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || !char.IsAsciiLetter(method[0]) || method.AsSpan(0, colon).IndexOfAnyExcept(SchemeCharacters) >= 0)
            return $"{SieveText.Show(method)} is no URI such as \"mailto:user@example.com\"";
        return IsMailto(method) && !MailtoUri.TryParse(method, out _) ? $"{SieveText.Show(method)} is no mailto URI with an address that mail can be sent to" : null;
    }

    private static bool IsMailto(string uri) => uri.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase);

    // "<optionname>=<value>" (RFC 5435 section 3.5)
    private static bool IsOption(string option)
    {
        var equals = option.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0 || !char.IsAsciiLetterOrDigit(option[0]) || option.AsSpan(equals).IndexOfAny('\0', '\r', '\n') >= 0)
            return false;
        foreach (var c in option.AsSpan(0, equals))
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_'))
                return false;
        return true;
    }

    // Each octet that is not of the "unreserved" set (RFC 3986 section 2.3)
    private static string EncodeUrl(string text)
    {
        var encoded = new StringBuilder(text.Length + 16);
        foreach (var octet in SieveText.Encode(text))
        {
            if (char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'-' or (byte)'.' or (byte)'_' or (byte)'~')
                encoded.Append((char)octet);
            else
                encoded.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
        }

        return encoded.ToString();
    }

    // Not between a percent and its digits, nor between the octets of a character
    private static string CutUrl(string text, int length)
    {
        if (length >= text.Length)
            return text;
        var percent = text.LastIndexOf('%', Math.Max(length - 1, 0), Math.Min(length, 2));
        var end = percent >= 0 ? percent : length;
        for (var octets = 1; octets < 4 && end >= 3 && IsContinued(text.AsSpan(end)) && text[end - 3] == '%'; octets++)
            end -= 3;
        return text[..end];
    }

    // UTF8-tail (RFC 3629 section 4) as EncodeUrl writes it
    private static bool IsContinued(ReadOnlySpan<char> text) => text is ['%', '8' or '9' or 'A' or 'B', ..];

    private sealed class NotifyCommand(
        SourcePosition position, SieveString method, SieveString? from, SieveString? importance, SieveStrings? options, SieveString? text,
        ImmutableArray<ActionModifier> modifiers) : CommandNode(position)
    {
        public override async ValueTask<Flow> ExecuteAsync(SieveRun run)
        {
            var uri = method.Get(run);
            if (!run.Host.IsNotifyMethodValid(uri))
                throw new SieveRuntimeException($"notify: {SieveText.Show(uri)} is no method that can be used");
            var level = importance?.Get(run) ?? "2";
            if (level is not ("1" or "2" or "3"))
                throw new SieveRuntimeException("notify: the importance is \"1\", \"2\" or \"3\"");
            var given = options?.Get(run) ?? [];
            if (Array.Find(given, static option => !IsOption(option)) is { } wrong)
                throw new SieveRuntimeException($"notify: {SieveText.Show(wrong)} is no option such as \"name=value\"");
            run.CountNotification();
            var arguments = await ActionArguments.ReadAsync(modifiers, run);

            // "An error occurs if the FCC extension is used with a notification method that doesn't support it" (RFC 8580 section 6)
            if (arguments.Fcc is not null && await run.Host.GetNotifyCapabilityAsync(uri, "fcc", run.CancellationToken) is not "yes")
                throw new SieveRuntimeException($"notify: no copy of what is sent by {SieveText.Show(uri)} can be filed");
            run.Actions.Send(new NotifyAction(uri)
            {
                Line = Position.Line,
                Message = run.NewMessage,
                From = from?.Get(run),
                Importance = level[0] - '0',
                Options = [.. given],
                Text = text?.Get(run),
                Fcc = arguments.Fcc,
            });
            run.CheckActions();
            if (run.IsTraced)
                run.Trace(Position, $"notify {SieveText.Show(uri)}");
            return Flow.Next;
        }
    }

    private sealed class ValidMethodTest(SourcePosition position, SieveStrings uris) : TestNode(position)
    {
        public override string Name => "valid_notify_method";

        protected override ValueTask<bool> RunAsync(SieveRun run) => new(Array.TrueForAll(uris.Get(run), run.Host.IsNotifyMethodValid));
    }

    private sealed class CapabilityTest(SourcePosition position, SieveString uri, SieveString capability, MatchArguments match) : TestNode(position)
    {
        public override string Name => "notify_method_capability";

        protected override async ValueTask<bool> RunAsync(SieveRun run)
        {
            var matcher = match.For(run);
            var method = uri.Get(run);
            var name = capability.Get(run).ToLowerInvariant();

            // "fcc" is a matter of the scheme alone (RFC 8580 section 6.1)
            if (name != "fcc" && !run.Host.IsNotifyMethodValid(method))
                return false;
            var value = await run.Host.GetNotifyCapabilityAsync(method, name, run.CancellationToken);
            if (value is null)
                return false;
            return matcher.CountsValues ? matcher.MatchCount(run, value.Length == 0 ? 0 : 1) : await matcher.MatchAsync(run, new SieveValue(value));
        }
    }
}
