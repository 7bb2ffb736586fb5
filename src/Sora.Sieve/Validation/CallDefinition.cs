using Sora.Sieve.Runtime;

namespace Sora.Sieve.Validation;

/// <summary>A command or a test.</summary>
internal sealed class CallDefinition
{
    /// <summary>The name in small letters.</summary>
    public required string Name { get; init; }

    /// <summary>It is a test; otherwise it is a command.</summary>
    public bool IsTest { get; init; }

    /// <summary>Positional arguments in order, with the names that messages give them.</summary>
    public (string Name, ArgumentKind Kind)[] Arguments { get; init; } = [];

    /// <summary>The first argument may be left out (RFC 5232 section 3).</summary>
    public bool IsFirstOptional { get; init; }

    /// <summary>The last argument may be left out (RFC 5293 section 5).</summary>
    public bool IsLastOptional { get; init; }

    /// <summary>Tests behind the arguments.</summary>
    public TestArguments Tests { get; init; }

    /// <summary>It ends with a block instead of a semicolon.</summary>
    public bool HasBlock { get; init; }

    /// <summary>Called before the block is compiled; false after an error was reported.</summary>
    public Func<CallBinding, bool>? EnterBlock { get; init; }

    /// <summary>Called after the block was compiled, if <see cref="EnterBlock"/> was.</summary>
    public Action<CallBinding>? LeaveBlock { get; init; }

    /// <summary>It takes MATCH-TYPE and COMPARATOR.</summary>
    public bool IsMatching { get; init; }

    /// <summary>It takes ADDRESS-PART.</summary>
    public bool HasAddressPart { get; init; }

    /// <summary>Makes the node; null after an error was reported.</summary>
    public required Func<CallBinding, SieveNode?> Build { get; init; }

    /// <summary>The extension's capability; empty for the base language.</summary>
    public string Capability { get; internal set; } = "";

    /// <summary>"the command 'keep'".</summary>
    public string Show() => IsTest ? $"the test '{Name}'" : $"the command '{Name}'";
}
