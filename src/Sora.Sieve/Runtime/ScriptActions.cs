using Sora.Contracts;

namespace Sora.Sieve.Runtime;

/// <summary>What one script of a sequence has asked for so far; finds what does not go together (RFC 5228 section 2.10.1).</summary>
internal sealed class ScriptActions
{
    private readonly List<SieveAction> _actions = [];
    private int _vacationLine;

    public IReadOnlyList<SieveAction> All => _actions;

    /// <summary>No action has cancelled it (RFC 5228 section 2.10.2).</summary>
    public bool ImplicitKeep { get; set; } = true;

    public bool HasKeep => _actions.Exists(static action => action is KeepAction);

    /// <summary>Actions that store, send or answer.</summary>
    public int Count { get; private set; }

    /// <summary>Adds an action that never excludes another.</summary>
    public void Note(SieveAction action) => _actions.Add(action);

    /// <summary>Cancels the implicit keep and does nothing else.</summary>
    public void Discard(int line)
    {
        ImplicitKeep = false;
        if (!_actions.Exists(static action => action is DiscardAction))
            _actions.Add(new DiscardAction { Line = line });
    }

    /// <summary>Adds an action that stores: once in each mailbox, with the flags that were asked for last (RFC 5228 section 2.10.3).</summary>
    public void Store(StoreAction action)
    {
        Check(action is KeepAction ? "keep" : "fileinto", isDelivery: true);
        for (var i = 0; i < _actions.Count; i++)
        {
            if (_actions[i] is StoreAction known && IsSamePlace(known, action))
            {
                // A message with a changed header is the same message (RFC 5293 section 7); the last flags count (RFC 5232 section 3)
                _actions[i] = known with { Flags = action.Flags ?? known.Flags, Message = action.Message };
                return;
            }
        }

        Count++;
        _actions.Add(action);
    }

    /// <summary>Adds a redirect; false when there is the same one already.</summary>
    public bool Redirect(RedirectAction action)
    {
        Check("redirect", isDelivery: true);
        for (var i = 0; i < _actions.Count; i++)
        {
            if (_actions[i] is RedirectAction known && known.List == action.List && string.Equals(known.Address, action.Address, StringComparison.OrdinalIgnoreCase))
            {
                _actions[i] = known with { Message = action.Message };
                return false;
            }
        }

        Count++;
        _actions.Add(action);
        return true;
    }

    /// <summary>RFC 5429 section 2.4: once, and not with vacation or anything that delivers.</summary>
    public void Reject(RejectAction action)
    {
        var name = action.IsEreject ? "ereject" : "reject";
        if (_vacationLine > 0)
            throw new SieveRuntimeException($"'{name}' cannot be used together with 'vacation' of line {_vacationLine}");
        foreach (var known in _actions)
        {
            var other = known switch
            {
                RejectAction { IsEreject: true } => "ereject",
                RejectAction => "reject",
                KeepAction => "keep",
                FileIntoAction => "fileinto",
                RedirectAction => "redirect",
                _ => null,
            };
            if (other is not null)
                throw new SieveRuntimeException($"'{name}' cannot be used together with '{other}' of line {known.Line}");
        }

        Count++;
        _actions.Add(action);
    }

    /// <summary>Counts a vacation, whether or not the message is answered: once, and not with reject (RFC 5230 section 4.7).</summary>
    public void BeginVacation(int line)
    {
        Check("vacation", isDelivery: false);
        if (_vacationLine > 0)
            throw new SieveRuntimeException($"'vacation' cannot be used twice: it was in line {_vacationLine}");
        _vacationLine = line;
    }

    /// <summary>Adds an action that sends but does not deliver.</summary>
    public void Send(SieveAction action)
    {
        Count++;
        _actions.Add(action);
    }

    /// <summary>Adds a report; false when there is one of the same type to the same recipient already: the first one counts.</summary>
    public bool Report(ReportAction action)
    {
        foreach (var known in _actions)
            if (known is ReportAction report && report.FeedbackType.Equals(action.FeedbackType, StringComparison.OrdinalIgnoreCase)
                && report.Recipient.Equals(action.Recipient, StringComparison.OrdinalIgnoreCase))
                return false;
        Send(action);
        return true;
    }

    private void Check(string name, bool isDelivery)
    {
        foreach (var known in _actions)
            if (known is RejectAction reject)
                throw new SieveRuntimeException(
                    $"'{name}' cannot {(isDelivery ? "deliver a message that" : "answer a message that")} '{(reject.IsEreject ? "ereject" : "reject")}' of line {reject.Line} refuses");
    }

    /// <summary>Both store in the same mailbox.</summary>
    public static bool IsSamePlace(StoreAction left, StoreAction right) => (left, right) switch
    {
        (KeepAction, KeepAction) => true,
        (KeepAction, FileIntoAction file) => IsInbox(file),
        (FileIntoAction file, KeepAction) => IsInbox(file),
        (FileIntoAction one, FileIntoAction two) =>
            one.SpecialUse == two.SpecialUse && one.MailboxId == two.MailboxId && NameOf(one.Mailbox) == NameOf(two.Mailbox),
        _ => false,
    };

    private static bool IsInbox(FileIntoAction file) => file is { SpecialUse: null, MailboxId: null } && NameOf(file.Mailbox) == "INBOX";

    private static string NameOf(string mailbox) => MailboxName.Parse(mailbox) is { IsOk: true } name ? name.Value.Value : mailbox;
}
