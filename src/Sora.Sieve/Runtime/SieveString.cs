using System.Collections.Immutable;
using System.Text;

namespace Sora.Sieve.Runtime;

/// <summary>A string of a script: known when it is compiled, or made of variables when it runs (RFC 5229 section 3).</summary>
internal abstract class SieveString
{
    public static readonly SieveString Empty = new ConstantString("");

    /// <summary>Its value if that is known already, or null.</summary>
    public virtual string? Constant => null;

    public abstract string Get(SieveRun run);
}

internal sealed class ConstantString(string value) : SieveString
{
    public override string? Constant => value;

    public override string Get(SieveRun run) => value;
}

/// <summary>A string with variables in it.</summary>
internal sealed class TemplateString(ImmutableArray<Func<SieveRun, string>> parts) : SieveString
{
    public override string Get(SieveRun run)
    {
        run.Spend(0, parts.Length);
        if (parts.Length == 1)
            return parts[0](run);
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            text.Append(part(run));
            if (text.Length > run.Limits.MaxStringSize)
                throw new SieveRuntimeException($"A string became longer than {run.Limits.MaxStringSize} characters");
        }

        run.Spend(text.Length, 1);
        return text.ToString();
    }
}

/// <summary>A string list of a script.</summary>
internal sealed class SieveStrings
{
    private readonly ImmutableArray<SieveString> _strings;

    public SieveStrings(ImmutableArray<SieveString> strings)
    {
        _strings = strings;
        foreach (var text in strings)
            if (text.Constant is null)
                return;
        Constant = [.. strings.Select(static text => text.Constant!)];
    }

    public static readonly SieveStrings None = new([]);

    public int Count => _strings.Length;

    /// <summary>The values if all are known already, or null. Not to be changed.</summary>
    public string[]? Constant { get; }

    public SieveString this[int index] => _strings[index];

    /// <summary>The values. Not to be changed.</summary>
    public string[] Get(SieveRun run)
    {
        if (Constant is not null)
            return Constant;
        var values = new string[_strings.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = _strings[i].Get(run);
        return values;
    }
}
