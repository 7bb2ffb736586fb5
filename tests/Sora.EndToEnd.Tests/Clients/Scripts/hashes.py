#!/usr/bin/env python3
"""Prints hashes of the password in argv[1] as LDAP servers and Dovecot store them, made with Python's own hashlib."""
import base64
import hashlib
import hmac
import os
import sys

password = sys.argv[1].encode()


def b64(data):
    return base64.b64encode(data).decode()


for name, function in (("SHA", "sha1"), ("SHA256", "sha256"), ("SHA512", "sha512"), ("MD5", "md5")):
    plain = hashlib.new(function, password).digest()
    salt = os.urandom(12)
    salted = hashlib.new(function, password + salt).digest() + salt
    unsalted = {"MD5": "LDAP-MD5"}.get(name, name)
    print("{%s}%s" % (unsalted, b64(plain)))
    print("{%s.hex}%s" % (unsalted, plain.hex()))
    print("{S%s}%s" % (name, b64(salted)))
    print("{S%s.b64}%s" % (name, b64(salted)))
    print("{S%s.hex}%s" % (name, salted.hex()))

salt = "pepper/and.salt"
key = hashlib.pbkdf2_hmac("sha1", password, salt.encode(), 7000, 20)
text = "$1$%s$%d$%s" % (salt, 7000, key.hex())
print("{PBKDF2}" + text)
print("{PBKDF2.b64}" + b64(text.encode()))
print("{PBKDF2.hex}" + text.encode().hex())

for name, function in (("SCRAM-SHA-1", "sha1"), ("SCRAM-SHA-256", "sha256")):
    salt = os.urandom(20)
    salted = hashlib.pbkdf2_hmac(function, password, salt, 4500)
    stored = hashlib.new(function, hmac.new(salted, b"Client Key", function).digest()).digest()
    server = hmac.new(salted, b"Server Key", function).digest()
    text = "4500,%s,%s,%s" % (b64(salt), b64(stored), b64(server))
    print("{%s}%s" % (name, text))
    print("{%s.b64}%s" % (name, b64(text.encode())))

print("{PLAIN}" + sys.argv[1])
print("{PLAIN.b64}" + b64(password))
print("{CLEARTEXT.hex}" + password.hex())
