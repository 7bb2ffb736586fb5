using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;

namespace Sora.Sieve.Validation;

/// <summary>A tag that a call was given, with what stands behind it.</summary>
internal sealed record TagBinding(CallBinding Call, TagDefinition Definition, SourcePosition Position)
{
    /// <summary>The string behind the tag.</summary>
    public SieveString? String { get; init; }

    /// <summary>The string behind the tag as it stands in the script, variables not put in.</summary>
    public string Text { get; init; } = "";

    /// <summary>The strings behind the tag.</summary>
    public SieveStrings? Strings { get; init; }

    /// <summary>The number behind the tag.</summary>
    public long Number { get; init; }

    /// <summary>Where what stands behind the tag begins.</summary>
    public SourcePosition ValuePosition { get; init; }

    /// <summary>Reports an error at what stands behind the tag.</summary>
    public void Error(string message) => Call.Context.Error(ValuePosition, message);
}
