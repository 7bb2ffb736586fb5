using Sora.Sieve.Actions;
using Sora.Sieve.Tests;

namespace Sora.Sieve.Validation;

/// <summary>A tag of one or more calls.</summary>
internal sealed class TagDefinition
{
    /// <summary>The name in small letters, without the colon.</summary>
    public required string Name { get; init; }

    /// <summary>The commands and tests that take it.</summary>
    public required string[] Calls { get; init; }

    /// <summary>What stands behind it.</summary>
    public ArgumentKind Kind { get; init; }

    /// <summary>Of the tags with the same group, one may be given; null for a tag that excludes no other.</summary>
    public string? Group { get; init; }

    /// <summary>Another capability that must be required for it.</summary>
    public string? Also { get; init; }

    /// <summary>What it changes about an action, for tags of actions that belong to others.</summary>
    public Func<TagBinding, ActionModifier?>? Modifier { get; init; }

    /// <summary>What it changes about which fields a test looks at, for tags of <c>header</c> and its like.</summary>
    public Action<TagBinding, HeaderQuery>? Query { get; init; }

    /// <summary>For modifiers of <c>set</c> (RFC 5229 section 4.1): what it makes of the value. Those with the greatest <see cref="Precedence"/> come first.</summary>
    public Func<string, string>? Transform { get; init; }

    /// <summary>For modifiers: cuts what <see cref="Transform"/> made to a length where a character of it may not be cut in two; null where any place will do.</summary>
    public Func<string, int, string>? Cut { get; init; }

    /// <summary>The precedence of a modifier; make it the <see cref="Group"/> too.</summary>
    public int Precedence { get; init; }

    /// <summary>The extension's capability; empty for the base language.</summary>
    public string Capability { get; internal set; } = "";
}
