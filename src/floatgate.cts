#!/usr/bin/env node

// The bin. CommonJS, as an ES module is loaded only after libuv's thread pool has started on Node 20; and ES5 but for
// `import()`, which every Node since 10 can parse, so that an old one gets a sentence instead of a SyntaxError.
(function () {
  /** As package.json says under `engines`. */
  var oldest = [20, 19];
  var version = process.versions.node.split('.');
  var major = Number(version[0]);
  if (major < 20 || (major === 20 && Number(version[1]) < 19)) {
    refuse(
      'Cannot run on Node ' + process.version + ': floatgate needs ' + oldest.join('.') + ' or newer; install that',
    );
    return;
  }

  var hindrance = whatForbids();
  if (hindrance !== undefined) {
    refuse(hindrance);
    return;
  }

  // Root starts anew, before anything else is loaded: PID 1 loses the signals that come until then.
  var rootWarning: string | undefined;
  var restarted = process.env.FLOATGATE_RESTARTED === String(process.pid);
  if (!restarted) giveUpCapabilities();

  // The first thing otherwise. PID 1 loses signals that it has no handler for; and while SIGUSR1 has none, it opens Node's
  // debugger, through which any local user runs code.
  type Listener = (signal: NodeJS.Signals) => void;
  var listener: Listener | undefined;
  var otherwise: 'exit' | 'default' = 'exit';
  var signals: NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];
  signals.forEach(function (signal) {
    process.on(signal, onSignal);
  });
  keepInspectorClosed();
  if (restarted) giveUpCapabilities();

  var fs: typeof import('node:fs') = require('fs');
  var tty: typeof import('node:tty') = require('tty');
  var terminals = [0, 1, 2].filter(function (fd) {
    return tty.isatty(fd);
  });
  var controlled = terminals.length > 0 && terminalOpens();

  // Loaded by require, which needs no thread. See src/base/thread-pool.ts.
  type ThreadPool = typeof import('./base/thread-pool.ts', { with: { 'resolution-mode': 'import' }});
  var threadPool: ThreadPool = require('./base/thread-pool.js');
  var noThreads = threadPool.prepareThreadPool();
  if (noThreads !== undefined) {
    say(noThreads);
    process.exit(1);
  }

  import('./main.ts').then(function (main) {
    main.main({
      takeSignals: takeSignals,
      keepInspectorClosed: keepInspectorClosed,
      rootWarning: rootWarning,
    });
  }, cannotLoad);

  function giveUpCapabilities(): void {
    type AsRoot = typeof import('./cli/as-root.ts', { with: { 'resolution-mode': 'import' }});
    var asRoot: AsRoot;
    if (process.platform !== 'linux' || process.geteuid === undefined || process.geteuid() !== 0) return;
    asRoot = require('./cli/as-root.js');
    rootWarning = asRoot.giveUpCapabilities(process.argv.slice(2));
  }

  function onSignal(signal: NodeJS.Signals): void {
    if (signal === 'SIGHUP') {
      onHangUp();
      return;
    }
    pass(signal);
  }

  function pass(signal: NodeJS.Signals): void {
    if (listener !== undefined) listener(signal);
    else if (signal === 'SIGTERM' || signal === 'SIGINT' || signal === 'SIGQUIT') end(signal);
  }

  /** Not yet, or no longer, serving. */
  function end(signal: NodeJS.Signals): void {
    var os: typeof import('node:os') = require('os');
    // As PID 1, which the kernel does not end by a signal (pid_namespaces(7)).
    process.exit(otherwise === 'exit' ? 0 : 128 + os.constants.signals[signal]);
  }

  /**
   * Node has reset what was inherited: an ignored SIGHUP (nohup) cannot be seen. Where the terminal hung up, this
   * ends as SIGTERM does. The kernel takes the terminal away just after it has sent the signal: one that is still there
   * is looked at once more.
   */
  function onHangUp(): void {
    if (hungUp()) pass('SIGTERM');
    else if (terminals.length === 0) pass('SIGHUP');
    else {
      setTimeout(function () {
        pass(hungUp() ? 'SIGTERM' : 'SIGHUP');
      }, 100);
    }
  }

  /** A terminal that hung up answers no ioctl (EIO), and is nobody's controlling terminal any more (ENXIO). */
  function hungUp(): boolean {
    return !terminals.every(tty.isatty) || (controlled && !terminalOpens());
  }

  function terminalOpens(): boolean {
    try {
      fs.closeSync(fs.openSync('/dev/tty', fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY));
      return true;
    } catch (error) {
      // Out of descriptors: that says nothing about the terminal.
      return ['EMFILE', 'ENFILE'].indexOf((error as NodeJS.ErrnoException).code || '') !== -1;
    }
  }

  /** See Entry. */
  function takeSignals(taking: Listener | undefined): void {
    var ending: NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT'];
    listener = taking;
    otherwise = 'default';
    ending.forEach(function (signal) {
      var handled = process.listeners(signal).indexOf(onSignal) !== -1;
      // The kernel ends a process that is stuck in a write. PID 1 it does not.
      if (taking === undefined && process.pid !== 1) process.removeListener(signal, onSignal);
      else if (!handled) process.on(signal, onSignal);
    });
  }

  /** A SIGUSR1 from before our handlers opens it in one of the next turns of the loop, whenever that is. */
  function keepInspectorClosed(): void {
    var wanted = /(^|[\s"'])--inspect([-_](brk|wait)([-_]node)?)?(=|[\s"']|$)/;
    if (wanted.test(process.execArgv.concat(process.env.NODE_OPTIONS || '').join(' '))) return;
    closeInspector();
    [0, 10, 50, 250, 1000].forEach(function (milliseconds) {
      setTimeout(closeInspector, milliseconds).unref();
    });
  }

  function closeInspector(): void {
    var inspector: typeof import('node:inspector');
    try {
      inspector = require('inspector');
      if (inspector.url() !== undefined) inspector.close();
    } catch (_error) {
      // This Node is built without it.
    }
  }

  /** Flags of Node that floatgate cannot work under. */
  function whatForbids(): string | undefined {
    // Since Node 23.5; the types are those of Node 20.
    var permission: { has(scope: string): boolean } | undefined = Reflect.get(process, 'permission');
    var flags: string[] = [];
    var util: typeof import('node:util');
    if (permission !== undefined) {
      if (!permission.has('fs.read')) flags.push('--allow-fs-read=*');
      if (!permission.has('fs.write')) flags.push('--allow-fs-write=*');
      // Nodes before 25 restrict no sockets, and know no such flag.
      if (major >= 25 && !permission.has('net')) flags.push('--allow-net');
    }
    if (flags.length > 0) {
      return "Cannot run under Node's --permission as given: floatgate also needs " + flags.join(' ') + '; add that';
    }
    util = require('util');
    // Without either, pino sets Error.prepareStackTrace (pino/lib/caller.js).
    if (Object.isFrozen(Error) && !('getCallSites' in util) && !('getCallSite' in util)) {
      return (
        'Cannot run with --frozen-intrinsics on Node ' +
        process.version +
        ': the logger has to set Error.prepareStackTrace there; leave the flag out, or use Node 22.9 or newer'
      );
    }
    return undefined;
  }

  function cannotLoad(error: unknown): void {
    var message = error instanceof Error ? error.message : String(error);
    if (error instanceof Error && (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') {
      say('Cannot load floatgate: ' + message + '; install it again');
    } else {
      say('floatgate has crashed, which is a bug: ' + (error instanceof Error ? error.stack || message : message));
    }
    process.exit(1);
  }

  function refuse(sentence: string): void {
    say(sentence);
    process.exit(2);
  }

  function say(sentence: string): void {
    try {
      (require('fs') as typeof import('node:fs')).writeSync(2, sentence + '\n');
    } catch (_error) {
      // Nobody reads it.
    }
  }
})();
