using Sora.Contracts;
using Sora.Gateway.Imap;

namespace Sora.Gateway.Tests.Imap;

public sealed class NamespacesTests
{
    private static readonly SharingAccount Ann = new(new AccountId(1), "ann@example.com", []);
    private static readonly SharingAccount Team = new(new AccountId(2), null, []);
    private static readonly SharedView View = new([Ann, Team], MayCreateShared: true);

    [Theory]
    [InlineData("Other Users/ann@example.com/INBOX", 1L, "INBOX")]
    [InlineData("Other Users/ann@example.com/inbox/x", 1L, "INBOX/x")]
    [InlineData("Other Users/ann@example.com/a/b", 1L, "a/b")]
    [InlineData("Other Users/bob@example.com/a", null, "a")]
    [InlineData("Other Users/ann@example.com", null, null)]
    [InlineData("Shared/x/y", 2L, "x/y")]
    public void A_foreign_name_leads_to_an_account(string name, long? account, string? inside)
    {
        var namespaces = new Namespaces("Other Users/", "Shared/");
        namespaces.IsForeign(Name(name)).ShouldBeTrue();
        var place = namespaces.Place(Name(name), View);
        (place.Owner?.Account.Value).ShouldBe(account);
        (place.Name?.Value).ShouldBe(inside);
    }

    [Theory]
    [InlineData("Other Users", true, false)]
    [InlineData("Shared", true, false)]
    [InlineData("shared/x", false, false)]
    [InlineData("Shared folders", false, false)]
    [InlineData("INBOX", false, false)]
    [InlineData("Shared/x", false, true)]
    public void Own_names_are_told_from_those_of_namespaces(string name, bool isRoot, bool isForeign)
    {
        var namespaces = new Namespaces("Other Users/", "Shared/");
        namespaces.IsRoot(Name(name)).ShouldBe(isRoot);
        namespaces.IsForeign(Name(name)).ShouldBe(isForeign);
    }

    [Fact]
    public void A_namespace_can_be_switched_off()
    {
        var namespaces = new Namespaces("", "");
        namespaces.IsOff.ShouldBeTrue();
        namespaces.IsForeign(Name("Shared/x")).ShouldBeFalse();
        namespaces.IsRoot(Name("Shared")).ShouldBeFalse();
        namespaces.Name(Ann, MailboxName.Inbox).ShouldBeNull();
        namespaces.Name(Team, MailboxName.Inbox).ShouldBeNull();
    }

    [Theory]
    [InlineData("ann@example.com", "a/b", "Other Users/ann@example.com/a/b")]
    [InlineData("a/n@example.com", "a", null)]
    [InlineData("a*@example.com", "a", null)]
    public void Names_get_their_prefix_if_they_can(string address, string name, string? full) =>
        (new Namespaces("Other Users/", "").Name(Ann with { Address = address }, Name(name))?.Value).ShouldBe(full);

    [Theory]
    [InlineData("Other", "Shared/", "other_users_prefix")]
    [InlineData("Other/", "a*/", "shared_prefix")]
    [InlineData("/", "", "other_users_prefix")]
    [InlineData("", "INBOX/x/", "shared_prefix")]
    [InlineData("a/", "a/b/", "other_users_prefix and shared_prefix")]
    [InlineData("a/", "a/", "other_users_prefix and shared_prefix")]
    public void Prefixes_that_make_no_sense_are_refused(string others, string shared, string error) =>
        new ImapOptions { OtherUsersPrefix = others, SharedPrefix = shared }.Validate().ShouldHaveSingleItem().ShouldStartWith(error);

    private static MailboxName Name(string text) => MailboxName.Parse(text).Value;
}
