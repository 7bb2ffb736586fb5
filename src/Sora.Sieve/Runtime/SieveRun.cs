using System.Collections.Immutable;
using System.Diagnostics;
using Sora.Mime;
using Sora.Sieve.Messages;
using Sora.Sieve.Syntax;

namespace Sora.Sieve.Runtime;

/// <summary>The state of a run: one message, a sequence of scripts. One thread at a time.</summary>
internal sealed class SieveRun(SieveInput input, CancellationToken cancellationToken)
{
    private const int StepsPerQuestion = 100;
    private const int StepsPerLook = 4_096;

    private readonly ExtensionStates _states = new();
    private readonly List<string> _trace = [];
    private readonly List<string> _log = [];
    private readonly long _began = Stopwatch.GetTimestamp();
    private SourcePosition _position = new(1, 1);
    private long _look = Math.Min(StepsPerLook, input.Limits.MaxSteps);
    private int _notifications;

    public SieveInput Input => input;

    /// <summary>The message, or what <c>replace</c> and <c>enclose</c> have made of it (RFC 5703).</summary>
    public SieveMessage Message { get; set; } = input.Message;

    public ISieveHost Host => input.Host;

    public SieveLimits Limits => input.Limits;

    public CancellationToken CancellationToken => cancellationToken;

    public bool IsTraced => input.IsTraced;

    /// <summary>The script that runs.</summary>
    public SieveScript Script { get; set; } = input.Scripts[0].Script;

    /// <summary>Its name, or that of the included script.</summary>
    public string ScriptName { get; set; } = "";

    /// <summary>Line of the command or test at hand.</summary>
    public int Line => _position.Line;

    /// <summary>The header as the script has changed it.</summary>
    public HeaderBlock Headers { get; set; } = input.Message.Headers;

    /// <summary>The message as the script has changed it; null while it has not.</summary>
    public SieveNewMessage? NewMessage { get; set; }

    /// <summary>The message as <c>redirect</c> sends it: never enclosed (RFC 5703 section 6).</summary>
    public SieveNewMessage? RedirectMessage => IsEnclosed ? MessageBeforeEnclose : NewMessage;

    public bool IsEnclosed { get; set; }

    public SieveNewMessage? MessageBeforeEnclose { get; set; }

    /// <summary>The script's own variables.</summary>
    public VariableScope Scope { get; set; } = new();

    /// <summary>Variables of the global scope (RFC 6609 section 3.4).</summary>
    public Dictionary<string, string> Globals { get; } = new(StringComparer.Ordinal);

    /// <summary>The flags that actions set where they do not say (RFC 5232 section 2); null while nothing was said of flags.</summary>
    public ImmutableArray<string>? Flags { get; set; } = ImapEventRun.Flags(input);

    /// <summary>
    /// The message as <c>keep</c> stores it: what is in a mailbox already does not change (RFC 6785 section 3.1), except that FILTER puts a new one in its place (draft section
    /// 4.1).
    /// </summary>
    public SieveNewMessage? KeptMessage => input.ImapEvent is null or { IsFilter: true } ? NewMessage : null;

    public ScriptActions Actions { get; set; } = ActionsOf(input);

    /// <summary>Redirects of the whole run.</summary>
    public int Redirects { get; set; }

    /// <summary>Ids to remember when the script ends well.</summary>
    public List<SieveDuplicate> Duplicates { get; } = [];

    /// <summary>The loop that <see cref="Flow.Break"/> leaves; null for the innermost.</summary>
    public string? BreakTo { get; set; }

    /// <summary>The part that the innermost <c>foreverypart</c> is at; null outside of loops (RFC 5703 section 3).</summary>
    public MimePart? CurrentPart => Loop?.Current;

    /// <summary>The innermost loop over parts of the script that runs.</summary>
    public PartLoop? Loop { get; set; }

    public long Steps { get; private set; }

    public IReadOnlyList<string> TraceLines => _trace;

    public IReadOnlyList<string> LogLines => _log;

    /// <summary>The actions of the next script.</summary>
    public static ScriptActions ActionsOf(SieveInput input) => new(keepsInInbox: input.ImapEvent is null);

    /// <summary>State of an extension, made when it is first asked for.</summary>
    public T State<T>()
        where T : class, new() => _states.Get<T>();

    /// <summary>Counts a command or a test.</summary>
    public void Step(SourcePosition position)
    {
        _position = position;
        cancellationToken.ThrowIfCancellationRequested();
        Spend(0, 1);
    }

    /// <summary>Puts the place of errors back to a command whose tests or block have run.</summary>
    public void At(SourcePosition position) => _position = position;

    /// <summary>Counts looking at so many characters so many times.</summary>
    public void Spend(int characters, int times)
    {
        Steps += (long)times * (1 + (characters >> 8));
        if (Steps > _look)
            CheckSteps();
    }

    // The clock is looked at now and then: steps end every run, and at the same place each time, and the time only on a machine that is too busy for them
    private void CheckSteps()
    {
        if (Steps > input.Limits.MaxSteps)
            throw new SieveRuntimeException($"The script does more work than is allowed ({input.Limits.MaxSteps} steps)");
        if (Stopwatch.GetElapsedTime(_began) > input.Limits.MaxTime)
            throw new SieveRuntimeException($"The script takes longer than is allowed ({input.Limits.MaxTime.TotalSeconds} s)");
        _look = Math.Min(Steps + StepsPerLook, input.Limits.MaxSteps);
    }

    /// <summary>Counts a question to the host that it may have to ask a database.</summary>
    public void Ask() => Spend(0, StepsPerQuestion);

    /// <summary>Counts a message that <c>notify</c> or <c>report</c> sends.</summary>
    public void CountNotification()
    {
        if (++_notifications > input.Limits.MaxNotifications)
            throw new SieveRuntimeException($"More than {input.Limits.MaxNotifications} notifications");
    }

    /// <summary>There is room for one more action that stores, sends or answers.</summary>
    public void CheckActions()
    {
        if (Actions.Count > input.Limits.MaxActions)
            throw new SieveRuntimeException($"The script has more than {input.Limits.MaxActions} actions");
    }

    public void Trace(SourcePosition position, string text)
    {
        if (IsTraced && _trace.Count < input.Limits.MaxLogLines)
            _trace.Add($"{(ScriptName.Length > 0 ? $"{ScriptName}: " : "")}line {position.Line}: {text}");
    }

    public void Log(string text)
    {
        if (_log.Count < input.Limits.MaxLogLines)
            _log.Add(text);
    }
}
