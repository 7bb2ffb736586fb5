using Sora.Contracts;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Tests.Mailboxes;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Accounts;

public sealed class SharingTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private MailstoreNode _node = null!;
    private IAccount _owner = null!;
    private IAccount _user = null!;

    public async Task InitializeAsync()
    {
        _node = await MailstoreNode.StartAsync();
        _owner = await _node.CreateAccountAsync("owner@example.com");
        _user = await _node.CreateAccountAsync("user@example.com");
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task The_view_is_the_same_object_until_something_changes()
    {
        (await _node.Sharing.ViewAsync(_user.Id, None)).ShouldBeSameAs(SharedView.Nothing);
        await GrantAsync("INBOX", "user@example.com", Rights.Lookup | Rights.Read);
        var view = await _node.Sharing.ViewAsync(_user.Id, None);
        view.Accounts.Single().Address.ShouldBe("owner@example.com");
        view.Accounts.Single().Mailboxes.Single().Rights.ShouldBe(Rights.Lookup | Rights.Read);
        (await _owner.CreateAsync(Name("x"), SpecialUse.None, None)).IsOk.ShouldBeTrue();
        (await _node.Sharing.ViewAsync(_user.Id, None)).ShouldBeSameAs(view);
        await GrantAsync("x", "anyone", Rights.Lookup);
        (await _node.Sharing.ViewAsync(_user.Id, None)).Accounts.Single().Mailboxes.Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_change_takes_effect_in_other_processes()
    {
        await using var other = await MailstoreNode.StartAsync(_node.Address);
        (await other.Sharing.ViewAsync(_user.Id, None)).Accounts.ShouldBeEmpty();
        await GrantAsync("INBOX", "user@example.com", Rights.Lookup | Rights.Administer);
        await Eventually.WaitAsync(async () => (await other.Sharing.ViewAsync(_user.Id, None)).Accounts.Length == 1);
        await GrantAsync("Sent", "anyone", Rights.Lookup);
        await Eventually.WaitAsync(async () => (await other.Sharing.ViewAsync(_user.Id, None)).Accounts[0].Mailboxes.Length == 2);
        (await _owner.CreateAsync(Name("INBOX/below"), SpecialUse.None, None)).IsOk.ShouldBeTrue();
        await Eventually.WaitAsync(async () => (await other.Sharing.ViewAsync(_user.Id, None)).Accounts[0].Mailboxes.Length == 3);
        (await _owner.DeleteAsync(Name("INBOX/below"), None)).IsOk.ShouldBeTrue();
        await Eventually.WaitAsync(async () => (await other.Sharing.ViewAsync(_user.Id, None)).Accounts[0].Mailboxes.Length == 2);
        (await _node.Administration.DeleteAsync("owner@example.com", None)).IsOk.ShouldBeTrue();
        await Eventually.WaitAsync(async () => (await other.Sharing.ViewAsync(_user.Id, None)).Accounts.IsEmpty);
        (await _node.Administration.RestoreAsync("owner@example.com", None)).IsOk.ShouldBeTrue();
        await Eventually.WaitAsync(async () => (await other.Sharing.ViewAsync(_user.Id, None)).Accounts.Length == 1);
    }

    [Fact]
    public async Task Changes_made_at_the_same_time_are_all_kept()
    {
        await using var other = await MailstoreNode.StartAsync(_node.Address);
        var mailbox = await MailstoreNode.IdAsync(_owner, "INBOX");
        Rights[] rights = [Rights.Lookup, Rights.Read, Rights.KeepSeen, Rights.Write, Rights.Insert, Rights.Post, Rights.CreateMailbox, Rights.Expunge];
        await Task.WhenAll(rights.Select((right, i) => (i % 2 == 0 ? _node : other).Sharing.ChangeAsync(
            new AccessChange(mailbox, "user@example.com", IsNegative: i % 3 == 0, AccessMode.Add, right), None)));
        var entries = (await _node.Sharing.ListAsync(mailbox, None)).Value.Entries;
        entries.Single(entry => entry.IsNegative).Rights.ShouldBe(Rights.Lookup | Rights.Write | Rights.CreateMailbox);
        entries.Single(entry => !entry.IsNegative).Rights.ShouldBe(Rights.Read | Rights.KeepSeen | Rights.Insert | Rights.Post | Rights.Expunge);
    }

    [Fact]
    public async Task Rights_belong_to_the_person_and_not_to_the_address()
    {
        await GrantAsync("INBOX", "user@example.com", Rights.Lookup);
        var credentials = _node.Credentials;
        (await credentials.AddAsync("user@example.com", "new@example.com", null, CredentialSettings.Default, primary: true, None)).IsOk.ShouldBeTrue();
        (await credentials.DeleteAsync("user@example.com", null, None)).IsOk.ShouldBeTrue();
        var next = await _node.CreateAccountAsync("user@example.com");
        (await _node.Sharing.ListAsync(await MailstoreNode.IdAsync(_owner, "INBOX"), None)).Value.Entries.Single().Identifier.ShouldBe("new@example.com");
        (await _node.Sharing.ViewAsync(next.Id, None)).Accounts.ShouldBeEmpty();

        // Who moves to another domain leaves what was shared within the old one, and takes what was shared with anyone along
        await GrantAsync("Sent", "anyone", Rights.Lookup);
        (await credentials.AddAsync("owner@example.com", "owner@example.org", null, CredentialSettings.Default, primary: true, None)).IsOk.ShouldBeTrue();
        (await _node.Sharing.ViewAsync(_user.Id, None)).Accounts.ShouldBeEmpty();
        var there = await _node.CreateAccountAsync("user@example.org");
        (await _node.Sharing.ViewAsync(there.Id, None)).Accounts.Single().Address.ShouldBe("owner@example.org");
    }

    [Fact]
    public async Task Other_domains_are_an_option()
    {
        var stranger = await _node.CreateAccountAsync("user@example.org");
        var mailbox = await MailstoreNode.IdAsync(_owner, "INBOX");
        var change = new AccessChange(mailbox, "user@example.org", IsNegative: false, AccessMode.Replace, Rights.Lookup);
        (await _node.Sharing.ChangeAsync(change, None)).Error!.Text.ShouldBe("There is no such user");
        _node.SharingOptions.AcrossDomains = true;
        (await _node.Sharing.ChangeAsync(change, None)).IsOk.ShouldBeTrue();
        (await _node.Sharing.ViewAsync(stranger.Id, None)).Accounts.Single().Address.ShouldBe("owner@example.com");
        await using var other = await MailstoreNode.StartAsync(_node.Address);
        (await other.Sharing.ViewAsync(stranger.Id, None)).Accounts.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_list_has_a_limit_and_anyone_can_be_forbidden()
    {
        _node.SharingOptions.MaxAclEntries = 1;
        await GrantAsync("INBOX", "user@example.com", Rights.Lookup);
        await GrantAsync("INBOX", "user@example.com", Rights.Read);
        (await ChangeAsync("INBOX", "anyone", Rights.Lookup)).Error!.Code.ShouldBe(MailErrorCode.Limit);
        _node.SharingOptions.AllowAnyone = false;
        (await ChangeAsync("Sent", "anyone", Rights.Lookup)).Error!.Code.ShouldBe(MailErrorCode.Cannot);
        (await _node.Sharing.ChangeAsync(new AccessChange(new MailboxId(0), "user", false, AccessMode.Replace, Rights.All), None)).Error!.Code
            .ShouldBe(MailErrorCode.NonExistent);
    }

    [Fact]
    public async Task Who_may_create_shared_mailboxes_gets_all_rights_to_them()
    {
        (await _node.Sharing.CreateSharedAsync(_user.Id, Name("a/b"), SpecialUse.None, None)).Error!.Code.ShouldBe(MailErrorCode.NoPerm);
        _node.SharingOptions.Creators = ["@EXAMPLE.com"];
        (await _node.Sharing.CreateSharedAsync(_user.Id, Name("a/b"), SpecialUse.None, None)).IsOk.ShouldBeTrue();
        var shared = (await _node.Sharing.ViewAsync(_user.Id, None)).FindShared()!;
        shared.Mailboxes.Select(static mailbox => mailbox.Rights).ShouldBe([Rights.All, Rights.All]);
        (await _node.Sharing.CreateSharedAsync(_owner.Id, Name("c"), SpecialUse.None, None)).IsOk.ShouldBeTrue();
        (await _node.Sharing.ViewAsync(_owner.Id, None)).FindShared()!.Account.ShouldBe(shared.Account);
        (await _node.Accounts.Get(shared.Account).ListAsync(None)).Mailboxes.Select(static mailbox => mailbox.Name.Value).ShouldBe(["a", "a/b", "c"]);
    }

    [Fact]
    public async Task Who_may_create_shared_mailboxes_may_not_below_those_of_others()
    {
        _node.SharingOptions.Creators = ["@example.com"];
        (await _node.Sharing.CreateSharedAsync(_user.Id, Name("a"), SpecialUse.None, None)).IsOk.ShouldBeTrue();
        (await _node.Sharing.CreateSharedAsync(_owner.Id, Name("a/x"), SpecialUse.None, None)).Error!.Code.ShouldBe(MailErrorCode.NoPerm);
        (await _node.Sharing.CreateSharedAsync(_owner.Id, Name("a/x/y"), SpecialUse.None, None)).Error!.Code.ShouldBe(MailErrorCode.NoPerm);
        (await _node.Sharing.CreateSharedAsync(_user.Id, Name("a/x"), SpecialUse.None, None)).IsOk.ShouldBeTrue();
    }

    [Fact]
    public async Task The_writer_changes_only_the_flags_that_are_covered()
    {
        var mailbox = _node.Mailboxes.Get(await MailstoreNode.IdAsync(_owner, "INBOX"));
        (await mailbox.AppendAsync(new AppendRequest(OperationId.New(), [TestMessage.Append("a", FlagSet.Of(SystemFlags.Answered | SystemFlags.Seen))]), None)).IsOk.ShouldBeTrue();
        var request = new StoreRequest(
            OperationId.New(), UidSet.All, StoreMode.Replace, FlagSet.Of(SystemFlags.Deleted | SystemFlags.Draft, "$New"), FlagRights: Rights.KeepSeen | Rights.DeleteMessages);
        (await mailbox.StoreAsync(request, None)).IsOk.ShouldBeTrue();
        var index = (await mailbox.OpenAsync(default, None)).Value.Index!;
        index[0].Flags.ShouldBe(FlagMask.Answered | FlagMask.Deleted);
        index.Keywords.SlotCount.ShouldBe(0);
        var copied = await mailbox.CopyAsync(
            new CopyRequest(OperationId.New(), UidSet.All, await MailstoreNode.IdAsync(_owner, "Sent"), Move: false, Rights.Write), None);
        copied.IsOk.ShouldBeTrue();
        (await _node.Mailboxes.Get(await MailstoreNode.IdAsync(_owner, "Sent")).OpenAsync(default, None)).Value.Index![0].Flags.ShouldBe(FlagMask.Answered);
    }

    private async Task GrantAsync(string name, string identifier, Rights rights) => (await ChangeAsync(name, identifier, rights)).IsOk.ShouldBeTrue();

    private async Task<MailResult<Done>> ChangeAsync(string name, string identifier, Rights rights) => await _node.Sharing.ChangeAsync(
        new AccessChange(await MailstoreNode.IdAsync(_owner, name), identifier, IsNegative: false, AccessMode.Replace, rights), None);

    private static MailboxName Name(string text) => MailboxName.Parse(text).Value;
}
