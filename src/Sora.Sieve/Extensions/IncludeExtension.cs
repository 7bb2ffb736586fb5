using System.Collections.Immutable;
using System.Text;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>include (RFC 6609).</summary>
internal sealed class IncludeExtension : SieveExtension
{
    public override string Capability => "include";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Command(new CallDefinition
        {
            Name = "include",
            Arguments = [("script name", ArgumentKind.String)],
            Build = BuildInclude,
        });
        vocabulary.Command(new CallDefinition { Name = "return", Build = static call => new ReturnCommand(call.Position) });
        vocabulary.Command(new CallDefinition
        {
            Name = "global",
            Arguments = [("variable names", ArgumentKind.StringList)],
            Build = BuildGlobal,
        });
        vocabulary.Tag(new TagDefinition { Name = "personal", Calls = ["include"], Group = "location" });
        vocabulary.Tag(new TagDefinition { Name = "global", Calls = ["include"], Group = "location" });
        vocabulary.Tag(new TagDefinition { Name = "once", Calls = ["include"] });
        vocabulary.Tag(new TagDefinition { Name = "optional", Calls = ["include"] });
        vocabulary.Namespace(new NamespaceDefinition(
            "global",
            static (_, name) => VariableReferences.IsIdentifier(name) ? run => run.Globals.GetValueOrDefault(name, "") : null)
        {
            Assign = static (_, name) => (run, value) => VariableTarget.Store(run, run.Globals, name, value),
        });
    }

    private static IncludeCommand? BuildInclude(CallBinding call)
    {
        var name = call.String(0);
        if (name.Constant is not { } constant || !IsName(constant))
        {
            // "MUST be a constant string"
            call.Context.Error(
                call.ArgumentPosition(0),
                name.Constant is null ? "The name of a script to be included cannot hold variables" : $"{SieveText.Show(name.Constant)} cannot be the name of a script");
            return null;
        }

        call.Context.State<CompiledIncludes>().All.Add(
            new SieveInclude(constant, call.Has("global"), call.Has("once"), call.Has("optional"), call.Position.Line, call.Position.Column));
        return new IncludeCommand(call.Position, constant, call.Has("global"), call.Has("once"), call.Has("optional"));
    }

    private static GlobalCommand? BuildGlobal(CallBinding call)
    {
        if (!call.Context.IsEnabled("variables"))
        {
            call.Error("The command 'global' needs 'require \"variables\";' at the beginning");
            return null;
        }

        var names = ImmutableArray.CreateBuilder<string>();
        foreach (var given in call.Strings(0).Constant ?? [""])
        {
            var name = given.ToLowerInvariant();
            if (!VariableReferences.IsIdentifier(name))
            {
                call.Context.Error(call.ArgumentPosition(0), $"{SieveText.Show(given)} is no variable that can be global");
                return null;
            }

            if (VariableTarget.IsSet(call.Context, name))
            {
                call.Context.Error(call.ArgumentPosition(0), $"The variable '{SieveText.Cut(name, 80)}' was set before it is made global");
                return null;
            }

            names.Add(name);
        }

        return new GlobalCommand(call.Position, names.ToImmutable());
    }

    // The rules of ManageSieve (RFC 5804 section 1.6), and nothing that could be a path (RFC 6609 section 4)
    private static bool IsName(string name)
    {
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > 512)
            return false;
        foreach (var c in name)
            if (char.IsControl(c) || char.IsSurrogate(c) && SieveText.HasEscapes(name) || c is '/' or '\u2028' or '\u2029')
                return false;
        return true;
    }

    private sealed class Included
    {
        private ScriptActions? _of;
        private string _main = "";

        /// <summary>The scripts that were included.</summary>
        public HashSet<string> All { get; } = new(StringComparer.Ordinal);

        /// <summary>The scripts that are being run, the outermost first.</summary>
        public List<string> Stack { get; } = [];

        public int Count { get; set; }

        /// <summary>Each script of a sequence includes for itself.</summary>
        public void Begin(SieveRun run)
        {
            if (ReferenceEquals(_of, run.Actions))
                return;
            _of = run.Actions;
            _main = run.ScriptName;
            All.Clear();
        }

        /// <summary>The script is being run.</summary>
        public bool IsRecursive(string key, string name, bool isGlobal) => Stack.Contains(key) || (!isGlobal && _main == name);
    }

    private sealed class IncludeCommand(SourcePosition position, string name, bool isGlobal, bool isOnce, bool isOptional) : CommandNode(position)
    {
        public override async ValueTask<Flow> ExecuteAsync(SieveRun run)
        {
            var included = run.State<Included>();
            var key = $"{(isGlobal ? "global" : "personal")} {name}";
            included.Begin(run);
            var isRecursive = included.IsRecursive(key, name, isGlobal);
            if (isOnce && (isRecursive || included.All.Contains(key)))
                return Flow.Next;
            if (isRecursive)
                throw new SieveRuntimeException($"include: the script {SieveText.Show(name)} includes itself");
            if (included.Stack.Count >= run.Limits.MaxIncludeDepth)
                throw new SieveRuntimeException($"include: scripts include each other deeper than {run.Limits.MaxIncludeDepth}");
            if (++included.Count > run.Limits.MaxIncludes)
                throw new SieveRuntimeException($"include: more than {run.Limits.MaxIncludes} scripts");
            if (await run.Host.GetScriptAsync(name, isGlobal, run.CancellationToken) is not { } compilation)
                return isOptional ? Flow.Next : throw new SieveRuntimeException($"include: there is no script {SieveText.Show(name)}");
            if (!compilation.IsOk)
                throw new SieveRuntimeException($"include: the script {SieveText.Show(name)} has errors: {FirstError(compilation)}");
            ImapEventRun.CheckRequired(run, compilation.Script);
            included.All.Add(key);
            return await RunAsync(run, compilation.Script, key, included);
        }

        private static SieveDiagnostic? FirstError(SieveCompilation compilation) =>
            compilation.Diagnostics.FirstOrDefault(static diagnostic => diagnostic.Severity == SieveSeverity.Error);

        // After an error the included script's name stays: that is where the error is
        private async ValueTask<Flow> RunAsync(SieveRun run, SieveScript inner, string key, Included included)
        {
            run.Trace(Position, $"include {key}");
            var (outer, outerName, scope) = (run.Script, run.ScriptName, run.Scope);
            var (message, headers, loop) = (run.Message, run.Headers, run.Loop);
            var isPart = loop?.Current is { } part && !ReferenceEquals(part, message.Root);
            if (isPart)
            {
                run.Message = await PartMessage.ReadAsync(message, loop!.Current!, run.Limits.MaxPartSize, run.CancellationToken);
                run.Spend((int)Math.Min(run.Message.Size, int.MaxValue), 1);
                run.Headers = run.Message.Headers;
            }

            run.Loop = null;
            run.Script = inner;
            run.ScriptName = name;
            run.Scope = new VariableScope();
            included.Stack.Add(key);
            var flow = await Block.RunAsync(inner.Commands, run);
            included.Stack.RemoveAt(included.Stack.Count - 1);
            run.Script = outer;
            run.ScriptName = outerName;
            run.Scope = scope;
            run.Loop = loop;
            if (isPart)
                (run.Message, run.Headers) = (message, headers);
            run.At(Position);
            return flow == Flow.Stop ? Flow.Stop : Flow.Next;
        }
    }

    private sealed class ReturnCommand(SourcePosition position) : CommandNode(position)
    {
        public override ValueTask<Flow> ExecuteAsync(SieveRun run)
        {
            run.Trace(Position, "return");
            return new(Flow.Return);
        }
    }

    private sealed class GlobalCommand(SourcePosition position, ImmutableArray<string> names) : CommandNode(position)
    {
        public override ValueTask<Flow> ExecuteAsync(SieveRun run)
        {
            foreach (var name in names)
                run.Scope.Globals.Add(name);
            return new(Flow.Next);
        }
    }
}
