using System.Collections.Immutable;
using Sora.Sieve.Runtime;

namespace Sora.Sieve.Actions;

/// <summary>What a tag changes about an action: evaluated when the action is executed, before it is added to the result.</summary>
internal abstract class ActionModifier
{
    public abstract ValueTask ApplyAsync(SieveRun run, ActionArguments arguments);
}

/// <summary>A modifier that needs nothing but a few lines.</summary>
internal sealed class SimpleModifier(Action<SieveRun, ActionArguments> apply) : ActionModifier
{
    public override ValueTask ApplyAsync(SieveRun run, ActionArguments arguments)
    {
        apply(run, arguments);
        return ValueTask.CompletedTask;
    }
}

/// <summary>The optional arguments of an action on their way into its record.</summary>
internal sealed class ActionArguments
{
    public bool IsCopy { get; set; }

    public bool Create { get; set; }

    public string? SpecialUse { get; set; }

    public string? MailboxId { get; set; }

    public ImmutableArray<string>? Flags { get; set; }

    /// <summary>The mailbox of <c>:fcc</c>.</summary>
    public string? FccMailbox { get; set; }

    public bool IsList { get; set; }

    public string? Notify { get; set; }

    public string? Ret { get; set; }

    public long? BySeconds { get; set; }

    public char ByMode { get; set; } = 'R';

    public bool ByTrace { get; set; }

    public SieveFcc? Fcc => FccMailbox is null
        ? null
        : new SieveFcc(FccMailbox) { Create = Create, Flags = Flags, SpecialUse = SpecialUse, MailboxId = MailboxId };

    public static async ValueTask<ActionArguments> ReadAsync(ImmutableArray<ActionModifier> modifiers, SieveRun run)
    {
        var arguments = new ActionArguments();
        foreach (var modifier in modifiers)
            await modifier.ApplyAsync(run, arguments);
        return arguments;
    }
}
