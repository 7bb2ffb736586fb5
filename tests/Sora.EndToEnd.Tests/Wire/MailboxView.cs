namespace Sora.EndToEnd.Tests.Wire;

/// <summary>What a client believes about its selected mailbox, built from responses alone; one that contradicts it fails the test.</summary>
internal sealed class MailboxView
{
    private readonly List<uint> _uids = [];
    private readonly Dictionary<uint, HashSet<string>> _flags = [];

    /// <summary>UIDs by sequence number; 0 where it is not known yet.</summary>
    public IReadOnlyList<uint> Uids => _uids;

    public uint UidValidity { get; private set; }

    public uint UidNext { get; private set; }

    /// <summary>Flags of the messages of which they were told.</summary>
    public IReadOnlyDictionary<uint, HashSet<string>> Flags => _flags;

    /// <summary>Told of each FETCH response that has a UID.</summary>
    public Action<uint, ImapResponse>? OnFetch { get; set; }

    public Action<uint>? OnExpunge { get; set; }

    /// <param name="mayExpunge">RFC 9051 section 7.5.1: not without a command, and not while FETCH, STORE or SEARCH runs.</param>
    public void Apply(ImapResponse response, bool mayExpunge)
    {
        switch (response.Name)
        {
            case "EXISTS":
                ((int)response.Number).ShouldBeGreaterThanOrEqualTo(_uids.Count, "EXISTS takes no message away");
                while (_uids.Count < response.Number)
                    _uids.Add(0);
                break;
            case "EXPUNGE":
                mayExpunge.ShouldBeTrue("EXPUNGE while sequence numbers are in use: " + response);
                IsIn(response).ShouldBeTrue($"EXPUNGE of none of {_uids.Count} messages: {response}");
                var gone = _uids[(int)response.Number - 1];
                _uids.RemoveAt((int)response.Number - 1);
                _flags.Remove(gone);
                OnExpunge?.Invoke(gone);
                break;
            case "FETCH":
                IsIn(response).ShouldBeTrue($"FETCH of none of {_uids.Count} messages: {response}");
                Fetched(response);
                break;
            case "" when response.Status == "OK" && response.Code == "UIDVALIDITY":
                UidValidity = uint.Parse(response.CodeData);
                break;
            case "" when response.Status == "OK" && response.Code == "UIDNEXT":
                UidNext = uint.Parse(response.CodeData);
                break;
        }
    }

    private bool IsIn(ImapResponse response) => response.Number >= 1 && response.Number <= _uids.Count;

    private void Fetched(ImapResponse response)
    {
        var position = (int)response.Number - 1;
        if (response.Item("UID") is { } item)
        {
            var known = _uids[position];
            (known == 0 || known == item.Number).ShouldBeTrue($"message {response.Number} was UID {known}: {response}");
            _uids[position] = item.Number;
            var before = position - 1;
            while (before >= 0 && _uids[before] == 0)
                before--;
            var after = position + 1;
            while (after < _uids.Count && _uids[after] == 0)
                after++;
            (before < 0 || _uids[before] < item.Number).ShouldBeTrue("UIDs do not ascend: " + response);
            (after == _uids.Count || _uids[after] > item.Number).ShouldBeTrue("UIDs do not ascend: " + response);
        }

        var uid = _uids[position];
        if (uid == 0)
            return;
        if (response.Item("FLAGS") is { } flags)
            _flags[uid] = [.. flags.Items.Select(static flag => flag.Text)];
        OnFetch?.Invoke(uid, response);
    }
}
