namespace Sora.Gateway.Tests.Imap;

/// <summary>What RFC 5182 (SEARCHRES) says about errors; its other examples are in <see cref="SearchResTests"/>.</summary>
[Collection("imap")]
public sealed class Rfc5182Tests(ImapFixture fixture)
{
    private const string Mail = "From: Smith <smith@example.com>\nSubject: hello\n\nYYYYYYYY\n";

    [Fact]
    public async Task A_charset_that_is_not_known_empties_what_was_saved_only_when_the_search_was_to_save()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: P282 SEARCH RETURN (SAVE) SINCE 1-Feb-1994 FROM "Smith"
            S: P282 OK SEARCH completed
            C: P283 SEARCH CHARSET UTF-8 (OR $ 1,3000:3021) TEXT {8}
            S: + …
            C: YYYYYYYY
            S: * SEARCH 1 2 3
            S: P283 OK SEARCH completed
            C: B282 SEARCH RETURN (SAVE) 2
            S: B282 OK SEARCH completed
            C: B283 SEARCH CHARSET X-UNKNOWN (OR $ 1,3000:3021) TEXT {4}
            S: + …
            C: XXXX
            S: B283 NO [BADCHARSET (US-ASCII UTF-8 …)] …
            C: B284 SEARCH $
            S: * SEARCH 2
            S: B284 OK SEARCH completed
            C: B285 SEARCH RETURN (SAVE) CHARSET X-UNKNOWN TEXT {4}
            S: + …
            C: XXXX
            S: B285 NO [BADCHARSET (US-ASCII UTF-8 …)] …
            C: B286 SEARCH RETURN (COUNT) $
            S: * ESEARCH (TAG "B286") COUNT 0
            S: B286 OK SEARCH completed
            """);
    }

    [Fact]
    public async Task It_is_empty_before_anything_was_saved_and_other_commands_leave_it_alone()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: a1 FETCH $ UID
            S: a1 OK FETCH completed
            C: a2 UID SEARCH RETURN (SAVE) UID 2:3
            S: a2 OK SEARCH completed
            C: a3 SEARCH 1
            S: * SEARCH 1
            S: a3 OK SEARCH completed
            C: a4 SEARCH RETURN (MIN MAX COUNT) 1
            S: * ESEARCH (TAG "a4") MIN 1 MAX 1 COUNT 1
            S: a4 OK SEARCH completed
            C: a5 SEARCH RETURN (SAVE) NONSENSE
            S: a5 BAD …
            C: a6 UID FETCH $ (UID)
            S: * 2 FETCH (UID 2)
            S: * 3 FETCH (UID 3)
            S: a6 OK FETCH completed
            C: a7 SEARCH RETURN (SAVE) $ NOT 3
            S: a7 OK SEARCH completed
            C: a8 SEARCH $
            S: * SEARCH 2
            S: a8 OK SEARCH completed
            """);
        await client.DoAsync("CLOSE");
        await client.DoAsync("SELECT INBOX");
        (await client.DoAsync("SEARCH $")).ShouldBe(["* SEARCH"]);
    }
}
