using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Sieve;

namespace Sora.Gateway.Sieve.Mailboxes;

/// <summary>Which scripts FILTER runs (draft-bosch-imap-filter-sieve section 3.2).</summary>
internal enum FilterKind
{
    /// <summary>Those that run when a message is delivered.</summary>
    Delivery,

    /// <summary>One of the user's.</summary>
    Personal,

    /// <summary>One of the site's.</summary>
    Global,

    /// <summary>The one that the client sends.</summary>
    Script,
}

/// <summary>The scripts of a FILTER, compiled.</summary>
/// <param name="Sequence">Null when there are errors.</param>
/// <param name="Diagnostics">Errors and warnings, with the names of the scripts where they are not the client's own.</param>
/// <param name="HasErrors">They cannot be run.</param>
internal sealed record FilterCompilation(ScriptSequence? Sequence, IReadOnlyList<string> Diagnostics, bool HasErrors);

/// <summary>
/// Finds and compiles what FILTER runs. Such scripts must not require <c>imapsieve</c> (section 4.9), so they are compiled for each command anew, and not shared with those
/// of events.
/// </summary>
internal sealed class FilterScripts(DeliveryScripts scripts, ISieveScripts personal, SieveCompilerOptions compiler)
{
    private readonly SieveCompilerOptions _compiler = compiler with { Extensions = compiler.Extensions.Except(SieveImapEvent.OnlyForEvents) };

    /// <summary>Compiles. NONEXISTENT, UNAVAILABLE, CANNOT for an impossible name.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="text">The name, or the script.</param>
    /// <param name="user">Whose.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<MailResult<FilterCompilation>> CompileAsync(FilterKind kind, byte[] text, DeliveryRecipient user, CancellationToken cancellationToken)
    {
        if (kind == FilterKind.Script)
        {
            return text.Length > _compiler.MaxScriptSize
                ? new MailError(MailErrorCode.TooBig, $"Sieve script is larger than {_compiler.MaxScriptSize} bytes")
                : Build(new Builder(this, isNamed: false).Add("", text));
        }

        if (kind == FilterKind.Delivery)
            return await DeliveryAsync(user, cancellationToken);
        var name = SieveScriptName.Parse(System.Text.Encoding.UTF8.GetString(text));
        if (!name.IsOk)
            return name.Error;
        if (kind == FilterKind.Global)
        {
            var global = scripts.Globals.Find(name.Value.Value);
            return global.IsOk ? Build(new Builder(this, isNamed: false).Add(name.Value.Value, global.Value.Content)) : global.Error;
        }

        var own = await personal.GetAsync(user.Account, name.Value, cancellationToken);
        return own.IsOk ? Build(new Builder(this, isNamed: false).Add(name.Value.Value, own.Value.Content)) : own.Error;
    }

    // "Some installations apply certain Sieve rules in addition ... These MAY also be applied for DELIVERY filtering"
    private async ValueTask<MailResult<FilterCompilation>> DeliveryAsync(DeliveryRecipient user, CancellationToken cancellationToken)
    {
        var around = scripts.Globals.Around(user.PrimaryAddress.AsSpan(user.PrimaryAddress.LastIndexOf('@') + 1));
        if (!around.IsOk)
            return around.Error;
        var list = await personal.ListAsync(user.Account, cancellationToken);
        if (!list.IsOk)
            return list.Error;
        var builder = new Builder(this, isNamed: true);
        foreach (var script in around.Value.Before)
            builder.Add(script.Name, script.Content);
        if (list.Value.Active is { } active)
        {
            var own = await personal.GetAsync(user.Account, active.Name, cancellationToken);
            if (!own.IsOk)
                return own.Error;
            builder.Add(active.Name.Value, own.Value.Content);
        }
        else if (around.Value.Default is { } script)
        {
            builder.Add(script.Name, script.Content);
        }

        foreach (var script in around.Value.After)
            builder.Add(script.Name, script.Content);
        return builder.IsEmpty ? new MailError(MailErrorCode.NonExistent, "No Sieve script is active") : Build(builder);
    }

    private static FilterCompilation Build(Builder builder) => builder.Build();

    private sealed class Builder(FilterScripts owner, bool isNamed)
    {
        private readonly ImmutableArray<SieveSequenceItem>.Builder _items = ImmutableArray.CreateBuilder<SieveSequenceItem>();
        private readonly List<string> _diagnostics = [];
        private bool _hasErrors;

        public bool IsEmpty => _items.Count == 0 && !_hasErrors;

        public Builder Add(string name, ReadOnlyMemory<byte> script)
        {
            var compilation = SieveCompiler.Compile(script, owner._compiler);
            foreach (var diagnostic in compilation.Diagnostics)
                _diagnostics.Add(isNamed ? $"{name}: {diagnostic}" : diagnostic.ToString());
            if (compilation.Script is { } compiled)
                _items.Add(new SieveSequenceItem(name, compiled));
            else
                _hasErrors = true;
            return this;
        }

        public FilterCompilation Build() => new(_hasErrors ? null : new ScriptSequence(_items.ToImmutable()), _diagnostics, _hasErrors);
    }
}
