using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Gateway.Tests.Imap;

[Collection("imap")]
public sealed class QuotaTests(ImapFixture fixture)
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Without_limits_there_is_a_root_that_names_the_most_mailboxes()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await client.PlayAsync("""
            C: G1 GETQUOTAROOT INBOX
            S: * QUOTAROOT INBOX ""
            S: * QUOTA "" (MAILBOX 6 10000)
            S: G1 OK GETQUOTAROOT completed
            C: G2 GETQUOTAROOT "not yet"
            S: * QUOTAROOT "not yet" ""
            S: * QUOTA "" (MAILBOX 6 10000)
            S: G2 OK GETQUOTAROOT completed
            C: G3 GETQUOTA "!partition/sda4"
            S: G3 NO [NONEXISTENT] …
            C: G4 GETQUOTA "#user/admin@example.com"
            S: G4 NO [NOPERM] …
            C: G5 GETQUOTA "#user/nobody@example.com"
            S: G5 NO [NOPERM] …
            C: G6 SETQUOTA "" (STORAGE 512)
            S: G6 NO [NOPERM] …
            """);
    }

    [Fact]
    public async Task An_administrator_sets_limits_and_those_not_named_go()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: x\n\n" + new string('x', 1500) + "\n");
        using var admin = await fixture.AdministratorAsync();
        var root = $"#user/{user.Address}";
        await admin.PlayAsync($"""
            C: S0 SETQUOTA "{root}" (STORAGE 111 MESSAGE 1000 MAILBOX 20)
            S: * QUOTA {root} (STORAGE 2 111 MESSAGE 1 1000 MAILBOX 6 20)
            S: S0 OK SETQUOTA completed
            C: S1 SETQUOTA "{root}" (STORAGE 512)
            S: * QUOTA {root} (STORAGE 2 512)
            S: S1 OK SETQUOTA completed
            C: S2 GETQUOTA "{root}"
            S: * QUOTA {root} (STORAGE 2 512)
            S: S2 OK GETQUOTA completed
            C: S3 SETQUOTA "{root}" (ANNOTATION-STORAGE 5)
            S: S3 NO [CANNOT] …
            C: S4 SETQUOTA "#user/nobody@example.com" (STORAGE 5)
            S: S4 NO [NONEXISTENT] …
            """);
        using var client = await user.LogInAsync();
        await client.PlayAsync($"""
            C: a GETQUOTAROOT INBOX
            S: * QUOTAROOT INBOX ""
            S: * QUOTA "" (STORAGE 2 512)
            S: a OK GETQUOTAROOT completed
            C: b GETQUOTA "{root}"
            S: * QUOTA {root} (STORAGE 2 512)
            S: b OK GETQUOTA completed
            """);
        await admin.PlayAsync($"""
            C: S5 SETQUOTA "{root}" ()
            S: * QUOTA {root} (MAILBOX 6 10000)
            S: S5 OK SETQUOTA completed
            """);
    }

    [Fact]
    public async Task Append_copy_and_create_are_refused_over_quota_and_move_and_expunge_are_not()
    {
        var user = await fixture.UserAsync();
        await LimitAsync(user, new QuotaLimits(null, 2, 7));
        using var client = await user.LogInAsync();
        await client.PlayAsync("""
            C: A1 APPEND INBOX (\Seen) {5+}
            C: hello
            S: A1 OK [APPENDUID … 1] …
            C: A2 APPEND INBOX (\Deleted) {5+}
            C: again
            S: A2 OK [APPENDUID … 2] …
            C: A3 APPEND INBOX {4+}
            C: more
            S: A3 NO [OVERQUOTA] …
            C: A4 SELECT INBOX
            S: * FLAGS …
            S: * OK …
            S: * 2 EXISTS
            S: * 2 RECENT
            S: * OK [UNSEEN 2] …
            S: * OK …
            S: * OK …
            S: * OK …
            S: * OK …
            S: A4 OK …
            C: A5 COPY 1 Archive
            S: A5 NO [OVERQUOTA] …
            C: A6 MOVE 1 Archive
            S: * OK [COPYUID …] Moved
            S: * 1 EXPUNGE
            S: A6 OK MOVE completed
            C: A7 STATUS Archive (MESSAGES DELETED DELETED-STORAGE)
            S: * STATUS Archive (MESSAGES 1 DELETED 0 DELETED-STORAGE 0)
            S: A7 OK STATUS completed
            C: A8 STATUS INBOX (MESSAGES DELETED DELETED-STORAGE)
            S: * STATUS INBOX (MESSAGES 1 DELETED 1 DELETED-STORAGE 5)
            S: A8 OK STATUS completed
            C: A9 EXPUNGE
            S: * 1 EXPUNGE
            S: A9 OK EXPUNGE completed
            C: B1 APPEND Archive {4+}
            C: more
            S: B1 OK [APPENDUID …] …
            C: B2 CREATE seven
            S: B2 OK [MAILBOXID (F…)] CREATE completed
            C: B3 CREATE eight
            S: B3 NO [OVERQUOTA] …
            """);
    }

    [Fact]
    public async Task Roots_of_mailboxes_of_others()
    {
        var domain = $"{Guid.NewGuid():n}.example";
        var (owner, user) = (await fixture.UserAsync(domain), await fixture.UserAsync(domain));
        await LimitAsync(owner, new QuotaLimits(10 * 1024, 5, null));
        fixture.Node.SharingOptions.Creators = [.. fixture.Node.SharingOptions.Creators, user.Address];
        var home = $"Other Users/{owner.Address}";
        using var theirs = await owner.LogInAsync($"SETACL INBOX {user.Address} lr");
        await theirs.DoAsync($"SETACL Sent {user.Address} l");
        using var client = await user.LogInAsync("CREATE Shared/Team");
        await client.PlayAsync($"""
            C: a1 GETQUOTAROOT "{home}/inbox"
            S: * QUOTAROOT "{home}/INBOX" #user/{owner.Address}
            S: * QUOTA #user/{owner.Address} (STORAGE 0 10 MESSAGE 0 5)
            S: a1 OK GETQUOTAROOT completed
            C: a2 GETQUOTA #user/{owner.Address}
            S: * QUOTA #user/{owner.Address} (STORAGE 0 10 MESSAGE 0 5)
            S: a2 OK GETQUOTA completed
            C: a3 GETQUOTAROOT "{home}/Sent"
            S: a3 NO [NOPERM] …
            C: a4 GETQUOTAROOT "{home}/Trash"
            S: * QUOTAROOT "{home}/Trash"
            S: a4 OK GETQUOTAROOT completed
            C: a5 GETQUOTAROOT "{home}/None"
            S: * QUOTAROOT "{home}/None"
            S: a5 OK GETQUOTAROOT completed
            C: a6 GETQUOTAROOT Shared/Team
            S: * QUOTAROOT Shared/Team #shared/{domain}
            S: * QUOTA #shared/{domain} (MAILBOX 1 10000)
            S: a6 OK GETQUOTAROOT completed
            C: a7 SETQUOTA #user/{owner.Address} (STORAGE 1)
            S: a7 NO [NOPERM] …
            """);
        await theirs.DoAsync($"SETACL INBOX {user.Address} l");
        (await client.RunAsync($"GETQUOTA #user/{owner.Address}"))[^1].ShouldStartWith("NO [NOPERM]");
    }

    [Fact]
    public async Task An_administrator_limits_the_shared_mailboxes_of_a_domain_and_only_who_reads_one_sees_it()
    {
        var domain = $"{Guid.NewGuid():n}.example";
        var (creator, reader, stranger) = (await fixture.UserAsync(domain), await fixture.UserAsync(domain), await fixture.UserAsync(domain));
        fixture.Node.SharingOptions.Creators = [.. fixture.Node.SharingOptions.Creators, creator.Address];
        using var admin = await fixture.AdministratorAsync();
        await admin.PlayAsync($"""
            C: a GETQUOTA #shared/{domain}
            S: a NO [NONEXISTENT] …
            C: b SETQUOTA #shared/{domain} (STORAGE 1)
            S: b NO [NONEXISTENT] …
            """);
        using var client = await creator.LogInAsync("CREATE Shared/Team");
        await client.DoAsync($"SETACL Shared/Team {reader.Address} r");
        await client.DoAsync($"SETACL Shared/Team {stranger.Address} lswikxte");
        await admin.PlayAsync($"""
            C: c SETQUOTA "#shared/{domain.ToUpperInvariant()}" (STORAGE 100 MAILBOX 2)
            S: * QUOTA #shared/{domain.ToUpperInvariant()} (STORAGE 0 100 MAILBOX 1 2)
            S: c OK SETQUOTA completed
            """);
        using var theirs = await reader.LogInAsync();
        await theirs.PlayAsync($"""
            C: a GETQUOTAROOT Shared/Team
            S: * QUOTAROOT Shared/Team #shared/{domain}
            S: * QUOTA #shared/{domain} (STORAGE 0 100 MAILBOX 1 2)
            S: a OK GETQUOTAROOT completed
            C: b GETQUOTA #shared/{domain}
            S: * QUOTA #shared/{domain} (STORAGE 0 100 MAILBOX 1 2)
            S: b OK GETQUOTA completed
            C: c GETQUOTAROOT Shared/None
            S: * QUOTAROOT Shared/None
            S: c OK GETQUOTAROOT completed
            C: d SETQUOTA #shared/{domain} (STORAGE 1000)
            S: d NO [NOPERM] …
            C: e GETQUOTA #shared/example.com
            S: e NO [NOPERM] …
            C: f GETQUOTA #shared/
            S: f NO [NOPERM] …
            """);
        using var other = await stranger.LogInAsync();
        await other.PlayAsync($"""
            C: a GETQUOTAROOT Shared/Team
            S: a NO [NOPERM] …
            C: b GETQUOTA #shared/{domain}
            S: b NO [NOPERM] …
            C: c CREATE Shared/Team/one
            S: c OK …
            C: d CREATE Shared/Team/two
            S: d NO [OVERQUOTA] …
            """);
        await admin.PlayAsync($"""
            C: d SETQUOTA #shared/{domain} ()
            S: * QUOTA #shared/{domain} (MAILBOX 2 10000)
            S: d OK SETQUOTA completed
            """);
        await other.DoAsync("CREATE Shared/Team/two");
    }

    [Fact]
    public async Task Limits_of_a_domain_and_of_the_server_are_not_for_its_shared_mailboxes()
    {
        var domain = $"{Guid.NewGuid():n}.example";
        var user = await fixture.UserAsync(domain);
        fixture.Node.SharingOptions.Creators = [.. fixture.Node.SharingOptions.Creators, user.Address];
        await fixture.Node.Quotas.SetDomainAsync(domain, new StoredQuota(1024, 1, 6), None);
        using var client = await user.LogInAsync("CREATE Shared/Team");
        await client.PlayAsync($"""
            C: a GETQUOTAROOT INBOX
            S: * QUOTAROOT INBOX ""
            S: * QUOTA "" (STORAGE 0 1 MESSAGE 0 1 MAILBOX 6 6)
            S: a OK GETQUOTAROOT completed
            C: b GETQUOTAROOT Shared/Team
            S: * QUOTAROOT Shared/Team #shared/{domain}
            S: * QUOTA #shared/{domain} (MAILBOX 1 10000)
            S: b OK GETQUOTAROOT completed
            """);
    }

    [Fact]
    public async Task Storage_is_shown_in_whole_units_and_never_beyond_a_limit_that_it_keeps()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(new string('x', 1100));
        await LimitAsync(user, new QuotaLimits(1100, null, null));
        using var client = await user.LogInAsync();
        await client.PlayAsync("""
            C: a GETQUOTA ""
            S: * QUOTA "" (STORAGE 2 2)
            S: a OK GETQUOTA completed
            C: b APPEND INBOX {1+}
            C: x
            S: b NO [OVERQUOTA] …
            """);
    }

    [Theory]
    [InlineData("GETQUOTA", "BAD")]
    [InlineData("GETQUOTA \"\" x", "BAD")]
    [InlineData("GETQUOTAROOT", "BAD")]
    [InlineData("SETQUOTA \"\"", "BAD")]
    [InlineData("SETQUOTA \"\" STORAGE 1", "BAD")]
    [InlineData("SETQUOTA \"\" (STORAGE)", "BAD")]
    [InlineData("SETQUOTA \"\" (STORAGE -1)", "BAD")]
    [InlineData("SETQUOTA \"\" (STORAGE 9223372036854775808)", "BAD")]
    [InlineData("SETQUOTA \"\" (STORAGE 9223372036854775807 ANNOTATION-STORAGE 1)", "NO [NOPERM]")]
    [InlineData("STATUS INBOX (DELETED DELETED-STORAGE APPENDLIMIT SIZE MAILBOXID HIGHESTMODSEQ)", "OK")]
    [InlineData("LIST \"\" INBOX RETURN (STATUS (DELETED DELETED-STORAGE APPENDLIMIT MAILBOXID) MYRIGHTS)", "OK")]
    public async Task What_is_taken(string command, string answer)
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        (await client.RunAsync(command))[^1].ShouldStartWith(answer);
    }

    [Fact]
    public async Task Nothing_of_quotas_is_for_those_who_are_not_logged_in()
    {
        using var client = await fixture.ConnectAsync();
        await client.PlayAsync("""
            C: a GETQUOTA ""
            S: a BAD Log in first
            C: b GETQUOTAROOT INBOX
            S: b BAD Log in first
            """);
    }

    private Task<MailResult<AccountQuota>> LimitAsync(TestUser user, QuotaLimits limits) => fixture.Engine.Quotas.SetAsync(user.Account.Id, limits, None);
}
