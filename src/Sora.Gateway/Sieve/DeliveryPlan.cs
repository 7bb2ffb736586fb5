using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Sieve;

namespace Sora.Gateway.Sieve;

/// <summary>A mailbox that the message goes into.</summary>
/// <param name="Name">Its name for the recipient.</param>
/// <param name="Mailbox">Its number; 0 in a trial for one that would be created.</param>
/// <param name="Owner">Whose mailbox it is; nobody's in a trial for one that would be created.</param>
/// <param name="Flags">What the message gets, as far as the recipient may set it.</param>
public sealed record PlannedStore(MailboxName Name, MailboxId Mailbox, AccountId Owner, FlagSet Flags)
{
    /// <summary>The message as the script has changed it, or null.</summary>
    public SieveNewMessage? Message { get; init; }

    /// <summary>The mailbox was created for it, or in a trial would be.</summary>
    public bool IsCreated { get; init; }
}

/// <summary>Something that the owner of the script should know.</summary>
/// <param name="Script">Name of the script, or empty.</param>
/// <param name="Line">Line in it; 0 for none.</param>
/// <param name="Text">What happened, in a sentence.</param>
public sealed record DeliveryNote(string Script, int Line, string Text);

/// <summary>What is to be done with a message for one recipient: what the scripts said, with mailboxes found and rights asked.</summary>
public sealed class DeliveryPlan
{
    private readonly List<PlannedStore> _stores = [];
    private readonly List<SieveAction> _sends = [];
    private readonly List<DeliveryNote> _notes = [];

    private readonly ScriptSequence _sequence;

    internal DeliveryPlan(ScriptSequence sequence, SieveResult result)
    {
        _sequence = sequence;
        Result = result;
    }

    /// <summary>What the scripts said.</summary>
    public SieveResult Result { get; }

    /// <summary>Where the message goes: each mailbox once (RFC 5228 section 2.10.3).</summary>
    public IReadOnlyList<PlannedStore> Stores => _stores;

    /// <summary>The message is in a mailbox already, and stays as it is there: nothing has cancelled that.</summary>
    public bool IsKeptInPlace { get; private set; }

    /// <summary>What is to take the message's place, by FILTER; null for the message as it is.</summary>
    public SieveNewMessage? KeptMessage { get; private set; }

    /// <summary>Redirects (each with an address, or with those members of a list that it goes to), answers, notifications and reports, in order.</summary>
    public IReadOnlyList<SieveAction> Sends => _sends;

    /// <summary>The message is refused.</summary>
    public RejectAction? Reject { get; internal set; }

    /// <summary>Errors, and lines of <c>debug_log</c>.</summary>
    public IReadOnlyList<DeliveryNote> Notes => _notes;

    /// <summary>A script ended before its time, or an action could not be carried out: the message is in INBOX because of it.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>What duplicate has looked at.</summary>
    public ImmutableArray<SieveDuplicate> Duplicates => Result.Duplicates;

    internal void Note(DeliveryNote note) => _notes.Add(note);

    internal void Fail(DeliveryNote note)
    {
        HasFailed = true;
        _notes.Add(note);
    }

    /// <summary>An action could not be carried out.</summary>
    internal void Fail(SieveAction action, string text) => Fail(NoteOf(action, text));

    /// <summary>An action was carried out, but not as its author may think.</summary>
    internal void Note(SieveAction action, string text) => Note(NoteOf(action, text));

    private DeliveryNote NoteOf(SieveAction action, string text) =>
        new(action.Script < _sequence.Scripts.Length ? _sequence.Scripts[action.Script].Name : "", action.Line, text);

    internal void KeepInPlace(SieveNewMessage? message)
    {
        IsKeptInPlace = true;
        KeptMessage = message;
    }

    internal void Send(SieveAction action) => _sends.Add(action);

    /// <summary>Another mailbox in the place of one that cannot be had; none twice.</summary>
    internal void Replace(PlannedStore store, PlannedStore other)
    {
        _stores.Remove(store);
        if (!_stores.Exists(known => known.Mailbox == other.Mailbox))
            _stores.Add(other);
    }

    /// <summary>Adds a mailbox; of one that is there already the flags of the later action count, if it has any (RFC 5232 section 3).</summary>
    internal void Store(PlannedStore store, bool hasFlags)
    {
        for (var i = 0; i < _stores.Count; i++)
        {
            if (_stores[i].Name != store.Name)
                continue;
            _stores[i] = _stores[i] with { Flags = hasFlags ? store.Flags : _stores[i].Flags, Message = store.Message };
            return;
        }

        _stores.Add(store);
    }
}
