"""What `gateway/access.db` holds. No password, code, key or link stands there, only hashes."""

from __future__ import annotations

FILE = "access.db"

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
  name TEXT PRIMARY KEY, role TEXT NOT NULL, cameras TEXT, password TEXT,
  disabled INTEGER NOT NULL DEFAULT 0, totp TEXT, totp_step INTEGER NOT NULL DEFAULT 0,
  made_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS recovery (user TEXT, hash TEXT, PRIMARY KEY (user, hash));
CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY, user TEXT NOT NULL, csrf TEXT NOT NULL, made_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL, address TEXT NOT NULL, agent TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS sessions_user ON sessions (user);
CREATE TABLE IF NOT EXISTS devices (
  hash TEXT PRIMARY KEY, user TEXT NOT NULL, until_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS keys (
  name TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, role TEXT NOT NULL, cameras TEXT, node TEXT,
  made_ms INTEGER NOT NULL, made_by TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS signers (
  id TEXT PRIMARY KEY, secret BLOB NOT NULL, made_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS links (hash TEXT PRIMARY KEY, user TEXT, until_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS tries (bucket TEXT NOT NULL, at_ms INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS tries_bucket ON tries (bucket, at_ms);
"""
