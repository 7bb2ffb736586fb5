using System.Text;

namespace Sora.Gateway.Tests.Imap;

/// <summary>UTF8=ACCEPT (RFC 6855). The test client's characters are bytes, so UTF-8 is written as such.</summary>
[Collection("imap")]
public sealed class Utf8Tests(ImapFixture fixture)
{
    [Fact]
    public async Task Names_and_strings_are_utf8_once_it_is_enabled()
    {
        var user = await fixture.UserAsync();
        using var plain = await user.LogInAsync();
        using var client = await user.LogInAsync();
        await client.PlayAsync(Bytes("""
            C: a CREATE Entw&APw-rfe
            S: a OK …
            C: b LIST "" Entw*
            S: * LIST (…) "/" Entw&APw-rfe
            S: b OK …
            C: c ENABLE UTF8=ACCEPT
            S: * ENABLED UTF8=ACCEPT
            S: c OK …
            C: d ENABLE UTF8=ACCEPT
            S: * ENABLED
            S: d OK …
            C: e LIST "" "Entwür*"
            S: * LIST (…) "/" "Entwürfe"
            S: e OK …
            C: f CREATE "Größe/日本"
            S: f OK …
            C: g STATUS "Größe/日本" (MESSAGES)
            S: * STATUS "Größe/日本" (MESSAGES 0)
            S: g OK …
            C: h CREATE A&APw-
            S: h OK …
            C: i LIST "" A&APw-
            S: * LIST (…) "/" A&APw-
            S: i OK …
            C: j SELECT "Entwürfe"
            S: …
            S: …
            S: * 0 EXISTS
            S: * 0 RECENT
            S: …
            S: …
            S: …
            S: * OK [MAILBOXID (…)] Stays through RENAME
            S: j OK …
            C: k SEARCH CHARSET UTF-8 SUBJECT "x"
            S: k BAD …
            C: k1 ESEARCH IN (mailboxes INBOX) CHARSET UTF-8 ALL
            S: k1 BAD …
            C: k2 SORT (DATE) UTF-8 SUBJECT "ü"
            S: * SORT
            S: k2 OK …
            C: k3 THREAD REFERENCES utf-8 SUBJECT "ü"
            S: * THREAD
            S: k3 OK …
            C: k4 UID SORT RETURN (COUNT) (DATE) US-ASCII SUBJECT "u"
            S: * ESEARCH (TAG "k4") UID COUNT 0
            S: k4 OK …
            C: k5 SORT (DATE) ISO-8859-1 ALL
            S: k5 BAD …
            C: k6 THREAD REFERENCES KOI8-R ALL
            S: k6 BAD …
            C: l SEARCH SUBJECT "ü"
            S: * SEARCH
            S: l OK …
            """));
        await plain.PlayAsync("""
            C: a LIST "" "Gr&APYA3w-e/*"
            S: * LIST (…) "/" Gr&APYA3w-e/&ZeVnLA-
            S: a OK …
            C: b LIST "" "A*&-*"
            S: * LIST (…) "/" A&-APw-
            S: b OK …
            """);
    }

    [Fact]
    public async Task Messages_with_utf8_headers_are_appended_and_read()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("ENABLE UTF8=ACCEPT");
        var mail = Bytes("From: \"Jörg\" <jörg@exämple.org>\r\nSubject: Grüße\r\n\r\nbody\r\n");
        var lines = mail[..^2].Replace("\r\n", "\nC: ", StringComparison.Ordinal);
        await client.PlayAsync($$"""
            C: a APPEND INBOX (\Seen) UTF8 (~{{{mail.Length}}}
            S: + …
            C: {{lines}}
            C: )
            S: a OK [APPENDUID … 1] …
            C: b APPEND INBOX CATENATE (UTF8 (~{{{mail.Length}}+}
            C: {{lines}}
            C: ) TEXT {5+}
            C: hello)
            S: b OK [APPENDUID … 2] …
            """);
        await client.DoAsync("SELECT INBOX");
        await client.PlayAsync(Bytes("""
            C: c FETCH 1 (RFC822.SIZE ENVELOPE)
            S: * 1 FETCH (RFC822.SIZE 62 ENVELOPE (NIL "Grüße" (("Jörg" NIL "jörg" "exämple.org")) …
            S: c OK …
            """));

        using var early = await user.LogInAsync();
        await early.PlayAsync("""
            C: a APPEND INBOX UTF8 (~{5}
            S: a NO [CANNOT] …
            C: b APPEND INBOX CATENATE (TEXT {6+}
            C: a: b
            C:  UTF8 (~{5+}
            C: hello) TEXT {1+}
            C: x)
            S: b NO [CANNOT] …
            C: c NOOP
            S: c OK NOOP completed
            """);

        // Who has not said that it understands UTF-8 gets no quoted string with it
        using var plain = await user.LogInAsync("SELECT INBOX");
        await plain.PlayAsync(Bytes("""
            C: a FETCH 2 (RFC822.SIZE ENVELOPE)
            S: * 2 FETCH (RFC822.SIZE 67 ENVELOPE (NIL {7}
            S: Grüße (({5}
            S: Jörg NIL {5}
            S: jörg {12}
            S: exämple.org)) …
            S: …
            S: …
            S: …
            S: …
            S: …
            S: …
            S: a OK …
            """));
    }

    private static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text)).Replace("\u00e2\u0080\u00a6", "…", StringComparison.Ordinal);
}
