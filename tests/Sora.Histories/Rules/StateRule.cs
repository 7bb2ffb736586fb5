namespace Sora.Histories.Rules;

/// <summary>A message has one state for each mod-sequence, whoever asks (RFC 7162 section 3.1).</summary>
internal sealed class StateRule : IRule
{
    public IEnumerable<Violation> Check(Facts facts)
    {
        foreach (var mailbox in facts.Mailboxes)
        {
            var known = new Dictionary<(uint Uid, ulong ModSeq), Sighting>();
            foreach (var sighting in mailbox.Sightings)
            {
                var state = sighting.State;
                if (state.ModSeq == 0 || state.Flags is null || known.TryAdd((state.Uid, state.ModSeq), sighting))
                    continue;
                var first = known[(state.Uid, state.ModSeq)];

                // STORE of a message that is in the view and gone may be answered as if it were there (RFC 2180 section 4.2.1)
                if (!first.State.HasFlagsOf(state) && !mailbox.MayBeGone(sighting) && !mailbox.MayBeGone(first))
                {
                    yield return new Violation(
                        "A mod-sequence means one state",
                        $"UID {state.Uid} of {mailbox.Name} at {state.ModSeq} has ({string.Join(' ', first.State.Flags!)}) and ({string.Join(' ', state.Flags)})",
                        [first.Operation, sighting.Operation], told => told.Message?.ModSeq == state.ModSeq);
                }
            }
        }
    }
}
