# ruff: noqa: E501
"""Answers to the release-note prompt, labelled by the rubric: follow, coherent, no_hallucination."""

CASES: list[tuple[str, str]] = [
    # right, in many forms
    ("111", "We've fixed a bug that locked some of you out after too many login attempts. Thanks for bearing with us!"),
    ("111", "Good news: the login rate limiting bug is fixed! You can now sign in without being throttled by mistake."),
    (
        "111",
        "Hi everyone,\n\nWe fixed an issue with login rate limiting that blocked some legitimate sign-ins. Thank you for your patience!\n\nThe Team",
    ),
    (
        "111",
        "# Release Note\n\nWe resolved a bug in login rate limiting that locked people out too soon. Happy logging in!",
    ),
    (
        "111",
        "**Login Rate Limiting Fix**\n\nWe've squashed a pesky bug in how we limit login attempts. Logging in should now be smoother than ever, so enjoy! 🎉",
    ),
    (
        "111",
        "Release Note: We've corrected a problem with our login rate limiter that was throttling people unfairly. We appreciate your patience and hope you enjoy a smoother sign-in.",
    ),
    (
        "111",
        "No more surprise lockouts: we've repaired the login rate limit, e.g. for people who mistyped a password. Thank you for telling us!",
    ),
    (
        "111",
        'You may have seen a "Too many attempts!" message when logging in even though you had done nothing wrong. That bug is fixed, and we\'re sorry for the trouble.',
    ),
    (
        "111",
        "We fixed a bug in login rate limiting (sorry about that!) that kept some people from signing in. Welcome back",
    ),
    ("111", "We fixed the login rate limiting bug\nThanks for your patience"),
    (
        "111",
        "Great news — the bug that sometimes locked you out while signing in has been resolved 🎉 Thank you for your patience and support 💙.".replace(
            " 🎉 Thank", "! 🎉 Thank"
        ),
    ),
    (
        "111",
        "We've ironed out a glitch in our login rate limiting so that you won't be blocked by mistake anymore. Thanks for being a part of our community!",
    ),
    ("111", '"We\'ve fixed an issue with login rate limiting that could lock you out. Thanks for your understanding!"'),
    ("111", "Rest assured: the bug in our sign-in throttling has been patched. You can log in with confidence again."),
    (
        "111",
        "We're happy to announce that we've addressed an issue with login rate limiting. Your sign-ins should now be smooth and secure.",
    ),
    (
        "111",
        "Logging in just got friendlier, because we fixed a bug in our rate limiting. Thank you for your patience!\n\nBest regards,\nThe Team",
    ),
    # the number of sentences
    ("011", "We've fixed a bug in login rate limiting, so you can sign in smoothly again, thanks for your patience!"),
    ("011", "Good news! We fixed the login rate limiting bug. Thanks for your patience!"),
    (
        "011",
        "We fixed a bug in login rate limiting. It locked some people out by mistake. Sorry about that! Thank you!",
    ),
    ("011", "Hello! We fixed the bug in login rate limiting. Thank you for your patience."),
    (
        "011",
        "We fixed a bug in login rate limiting.\nThanks for your patience.\nHappy logging in, and enjoy the smoother ride.",
    ),
    # no fix, no topic, no cheer
    ("011", "We've improved our login rate limiting to make things smoother. Thank you for your patience!"),
    ("011", "We are working on a fix for the login rate limiting bug. Thank you for your patience!"),
    ("011", "Fixed a bug in login rate limiting. Users are no longer locked out incorrectly."),
    ("011", "This release fixes an issue in the login rate limiter. The limiter now counts attempts correctly."),
    ("011", "We've fixed a bug that you told us about. Thank you so much for your help!"),
    # form
    ("011", "- We fixed a bug in login rate limiting.\n- Thanks for your patience!"),
    (
        "011",
        "Here is a friendly release note you can use:\n\nWe fixed a bug in login rate limiting. Thanks for your patience!",
    ),
    ("011", "Sure! We fixed a bug in login rate limiting. Thanks for your patience!"),
    ("011", "We fixed a bug in login rate limiting for [Product Name]. Thanks for your patience!"),
    (
        "011",
        "We fixed a bug in login rate limiting. Thanks for your patience!\n\nLet me know if you'd like me to adjust the tone.",
    ),
    (
        "011",
        "We fixed a bug in login rate limiting. Thanks for your patience!\n\nAlternatively: The login rate limiting bug is gone. Enjoy!",
    ),
    ("011", "Option 1: We fixed the login rate limiting bug. Thanks!\nOption 2: The login limit bug is fixed. Enjoy!"),
    ("011", "I can't help with that."),
    ("011", "I'm sorry, but I am unable to write a release note."),
    # invented specifics
    ("110", "We've fixed a bug in login rate limiting in version 2.3.1. Thank you for your patience!"),
    ("110", "We fixed a bug that locked you out after just 5 login attempts. Thanks for your patience!"),
    ("110", "We fixed a bug that locked people out of their login for fifteen minutes. Thanks for bearing with us!"),
    ("110", "We fixed the login rate limiting bug on iOS and Android. Thanks for your patience!"),
    ("110", "We fixed the login rate limiting bug that showed error code 429. Thanks for your patience!"),
    ("110", "We fixed the login rate limiting bug, and we also added dark mode. Enjoy!"),
    ("110", "We fixed the login rate limiting bug as of March 3rd. Thank you for your patience!"),
    ("110", "Acme Cloud users rejoice: the login rate limiting bug is fixed. Thanks for your patience!"),
    ("110", "We fixed the login rate limiting bug reported by Sarah. Thank you for your patience!"),
    ("110", "We've fixed CVE-2024-1234, a bug in login rate limiting. Thank you for your patience!"),
    ("110", "We fixed the login rate limiting bug that hit 20% of our users. Thank you for your patience!"),
    (
        "110",
        "We fixed the login rate limiting bug; see https://example.com/notes for more. Thank you for your patience!",
    ),
    ("110", "We fixed the login rate limiting bug along with several other performance improvements. Enjoy!"),
    ("110", "We fixed a bug that locked you out after three failed attempts to sign in. Thanks for your patience!"),
    ("110", "Thanks to our friends at Vendura, the login rate limiting bug is fixed. Enjoy your sign-ins!"),
    ("010", "Version 2.3.1: We fixed the login rate limiting bug. It works. Thanks!"),
    # coherence
    ("101", "We've fixed a bug in login rate limiting. Thanks for your patience!<|endoftext|>"),
    ("101", "We've fixed a bug in login rate limiting. Thanks for your patience!\nuser\n"),
    (
        "001",
        "We've fixed a bug in login rate limiting. We've fixed a bug in login rate limiting. We've fixed a bug in login rate limiting. We've fixed a bug in login rate limiting.",
    ),
    (
        "001",
        "We've fixed a bug in login rate limiting that was causing some users to be locked out. Thank you for your",
    ),
    ("101", "Hemos corregido un error en el límite de intentos de inicio de sesión. ¡Gracias por tu paciencia!"),
    ("101", "我们修复了登录限制的错误。感谢您的耐心！"),
    ("000", "Write a 2-sentence, friendly release note for a bug fix in login rate limiting."),
    ("000", "2-sentence, friendly release note for a bug fix in login rate limiting"),
    ("000", ""),
    # second wave: more ways to say it
    (
        "111",
        "We know being locked out is no fun, so we've fixed the login rate limiting bug that caused it. Sign in, relax, and enjoy!",
    ),
    (
        "111",
        "Oops, our login rate limiter was a bit overzealous, but we've sorted it out. Thanks for sticking with us!",
    ),
    (
        "111",
        "🎉 We've fixed a bug that affected login rate limiting! 🎉 You should now be able to log in without any issues, and we appreciate your patience.",
    ),
    (
        "111",
        "Dear users,\n\nWe have resolved a bug in the login rate limiting system that could prevent you from accessing your account. We apologize for any inconvenience and thank you for your continued support.\n\nSincerely,\nThe Support Team",
    ),
    (
        "111",
        "**Bug Fix: Login Rate Limiting**\nWe've fixed an issue where login rate limiting was too strict, making it hard to sign in. Thanks for your feedback, it helps us improve!",
    ),
    ("111", "We've fixed a bug in login rate limiting. As always, thank you for helping us make our app better!"),
    (
        "111",
        "We've fixed the bug where the login rate limit counted successful sign-ins as failed ones. Happy logging in!",
    ),
    (
        "111",
        "Your login experience just got better! We've fixed a bug with the rate limiting so you can sign in without being blocked.",
    ),
    (
        "111",
        "We're excited to let you know that the login rate limiting bug has been squashed. Go ahead and log in with a smile :)",
    ),
    (
        "111",
        "A bug that made our login rate limits kick in too early is now a thing of the past. Thank you for your patience while we sorted this out!",
    ),
    (
        "111",
        "We've fixed the glitch that blocked repeated sign-in attempts even when the password was right; it's gone for good. We hope this makes your day a little easier.",
    ),
    (
        "111",
        "We've tweaked and fixed our login rate limiting so that it no longer gets in your way. If you run into any more trouble, please reach out to our support team!",
    ),
    (
        "111",
        "Release notes:\nWe fixed a bug in login rate limiting that was causing trouble for some users. Thank you for your understanding.",
    ),
    ("111", "Hey there, we fixed a bug in our login rate limiting. Thanks for hanging in there!"),
    (
        "111",
        "### 🛠️ Bug Fix\n\nWe've resolved a login rate limiting issue that was locking out users. Logging in should be a breeze now!",
    ),
    ("011", "Bug fix: login rate limiting. Users can now log in normally."),
    ("011", "We fixed a bug in login rate limiting. The rate limiter now resets its counter after a successful login."),
    ("011", "Great news! The bug in login rate limiting has been fixed! You can now log in without interruption!"),
    ("011", "We've enhanced login rate limiting for a smoother experience! Enjoy faster and safer logins."),
    ("011", "1. We fixed the login rate limiting bug.\n2. Thank you for your patience!"),
    ("011", "Thank you for your patience while we fixed the login rate limiting bug!"),
    (
        "011",
        "We've fixed a bug in login rate limiting. Thank you for your patience!\n\nThis release note is friendly and informs users of the fix.",
    ),
    (
        "011",
        "Certainly! Here's a 2-sentence release note:\n\nWe've fixed a bug in login rate limiting. Thank you for your patience!",
    ),
    ("011", "Dear [User],\n\nWe've fixed a bug in login rate limiting. Thank you for your patience!"),
    ("011", "We've fixed a bug in {{app_name}}'s login rate limiting. Thank you for your patience!"),
    ("011", "Thanks for using our app. We hope you have a wonderful day!"),
    ("011", "I'm sorry, but as an AI language model I don't have access to your release notes."),
    ("110", "We've fixed a login rate limiting bug that affected thousands of users. Thank you for your patience!"),
    ("110", "On Monday we fixed a bug in login rate limiting. Thanks for your patience!"),
    ("110", "We've fixed a bug in login rate limiting (ticket AUTH-482). Thanks for your patience!"),
    ("110", "We've fixed a bug in login rate limiting, so you get up to ten tries per hour. Thanks for your patience!"),
    ("110", "We've fixed a bug in login rate limiting. Plus, we've added a new dashboard that you'll love!"),
    ("110", "We've fixed a bug in login rate limiting for SecureAuth Pro. Thanks for your patience!"),
    ("110", "We've fixed a bug in login rate limiting on our mobile app. Thanks for your patience!"),
    (
        "110",
        "We've fixed a bug in login rate limiting. Questions? Write to support@example.com, and thanks!".replace(
            "Questions? Write", "Write"
        ),
    ),
    ("110", "We've fixed a bug in login rate limiting that could last up to an hour. Thanks for bearing with us!"),
    ("110", "We've fixed a bug in login rate limiting and improved the password reset page. Thanks for your patience!"),
    ("110", "Thanks to John from our security team, the login rate limiting bug is fixed. Happy logging in!"),
    ("110", "We've made logins 50% smoother by fixing a rate limiting bug. Thanks for your patience!"),
    ("110", "We've fixed a login rate limiting bug that returned HTTP 429 errors. Thank you for your patience!"),
    ("101", "We've fixed a bug in login rate limiting. Gracias por su paciencia y por ser parte de nuestra comunidad!"),
    ("001", "We've fixed a bug in login rate limiting that prevented users from log"),
    ("001", "We fixed login the of rate is limiting and the but users of. Thanks the for your is patience and or!"),
    ("100", "We've fixed a bug in login rate limiting for v1.2.0. Thank you for your patience!</s>"),
    (
        "000",
        "Write a friendly release note for a bug fix in login rate limiting. Write a friendly release note for a bug fix in login rate limiting.",
    ),
    # third wave
    (
        "111",
        "Good news, everyone: the bug in login rate limiting is history! Logging in is smooth again, so come on in.",
    ),
    (
        "111",
        "We've fixed a bug that made our login rate limiting too strict for some of you. Thanks for letting us know, and please keep the feedback coming!",
    ),
    (
        "111",
        "Sorry about the recent login hiccups; we've fixed the bug in our rate limiting. You're all set to sign in without a hitch!",
    ),
    (
        "111",
        "We've resolved an issue with the rate limiting of our login page that sometimes kept you out. Thanks for being so patient with us, and have a wonderful day!",
    ),
    (
        "111",
        "We're thrilled to report that our login rate limiter is behaving again after a bug fix. Thank you for your patience!",
    ),
    (
        "111",
        "Say goodbye to unexpected lockouts! We've fixed the bug in our login rate limiting, so signing in is a breeze.",
    ),
    ("111", "Hello from the team! We've fixed the bug in login rate limiting, so you can sign in without any hiccups."),
    (
        "111",
        'We\'ve squashed the bug that caused "Too many requests" errors when signing in. Thanks for your patience while we fixed our login rate limits!',
    ),
    (
        "111",
        "We fixed a login rate limiting bug that affected some users... and we're glad it's gone! Thanks for your patience.",
    ),
    ("111", "**What's new:** We've fixed a bug in login rate limiting. Thank you for your feedback and patience!"),
    (
        "111",
        "Thanks to your feedback, we've fixed the login rate limiting bug. You can now sign in securely and without unnecessary delays, so please give it a try!",
    ),
    (
        "111",
        "We've fixed a bug in our login rate limiting to keep your account safe and your sign-ins smooth. We hope you love the improvement!",
    ),
    ("111", "Hi there 👋, we've fixed a bug in our login rate limiting. Thanks for your patience!"),
    (
        "111",
        "We're pleased to let you know that we've corrected an error in our login throttling. Thanks for your patience, and we look forward to seeing you soon!",
    ),
    ("111", "The pesky bug in our login rate limiting is gone. Thanks a million for your patience!"),
    (
        "111",
        "We've fixed a bug in the login rate limiter which was, frankly, a little too eager. Thank you for your understanding!",
    ),
    (
        "111",
        "Subject: Login fix\n\nHello everyone,\n\nWe've fixed a bug in our login rate limiting. Thank you for your patience!\n\nCheers,\nThe Dev Team",
    ),
    (
        "111",
        "# Bug Fix: Login Rate Limiting\n\nWe've fixed an issue that limited your login attempts more than it should. Thank you for your patience!\n\nHappy logging in!",
    ),
    (
        "111",
        "We’ve fixed an issue where legitimate users were being rate limited when trying to log in. Thanks for your patience – we’re glad to have you back!",
    ),
    ("011", "We've fixed a bug in login rate limiting. Thanks! We hope you like it."),
    ("011", "We fixed a bug in login rate limiting. This ensures that users are not locked out."),
    (
        "011",
        "Resolved an issue with login rate limiting that caused incorrect lockouts. The system now enforces the limits as designed.",
    ),
    ("011", "Users should now find logging in easier. We thank you for your patience with rate limiting!"),
    ("011", "We're aware of a bug in login rate limiting and are working hard to fix it. Thank you for your patience!"),
    ("011", "Release note: login rate limiting bug fixed, thanks for your patience!"),
    (
        "011",
        "We've fixed a bug in login rate limiting. Thanks for your patience!\n\n(Feel free to adjust the wording.)",
    ),
    ("011", "As an AI, I can't write release notes."),
    ("011", "Here's a release note:\n\nWe've fixed a bug in login rate limiting. Thanks for your patience!"),
    ("011", "Our team at [Company] fixed a bug in login rate limiting. Thanks for your patience!"),
    ("011", "* We've fixed a login rate limiting bug.\n* Thanks for your patience!"),
    ("011", "Thank you for your patience! Thank you for your support!"),
    ("010", "We've fixed the search bug. Thank you for your patience!"),
    (
        "110",
        "We've fixed a bug in login rate limiting that affected two percent of accounts. Thanks for your patience!",
    ),
    ("110", "We've fixed a bug in login rate limiting in our latest Android release. Thanks for your patience!"),
    ("110", "Starting January 5, the login rate limiting bug is fixed. Thanks for your patience!"),
    ("110", "We've fixed a bug in login rate limiting that made you wait sixty seconds. Thanks for your patience!"),
    ("110", "We've fixed a bug in login rate limiting in Build 4521. Thanks for your patience!"),
    ("110", "We've fixed a bug in login rate limiting and introduced a new password manager. Enjoy!"),
    ("110", "The TechNova team has fixed a bug in login rate limiting. Thanks for your patience!"),
    ("110", "We've fixed a bug in Zephyr's login rate limiting. Thanks for your patience!"),
    ("110", "We've fixed a bug in login rate limiting (#4821). Thanks for your patience!"),
    (
        "110",
        "We've fixed a bug in login rate limiting; visit our help center at help.example.com for details. Thank you!",
    ),
    (
        "110",
        "We've fixed the login rate limiting bug, and you now have unlimited cloud storage too. Thanks for your patience!",
    ),
    ("110", "We've fixed a bug in login rate limiting at 3 PM today. Thanks for your patience!"),
    ("110", "We've fixed a bug in login rate limiting and sped up the checkout page. Thanks for your patience!"),
    ("110", "We've fixed a bug in login rate limiting. Best of all, search is now twice as fast, so enjoy!"),
    ("101", "We've fixed a bug in login rate limiting. Thanks for your patience! [/INST]"),
    ("101", "Nous avons corrigé un bug dans la limitation des tentatives de connexion. Merci de votre patience !"),
    ("101", "Wir haben einen Fehler bei der Begrenzung der Anmeldeversuche behoben. Vielen Dank für Ihre Geduld!"),
    (
        "001",
        "We've fixed a bug in login rate limiting and thank you and thank you and thank you and thank you and thank you and thank you!",
    ),
    (
        "001",
        "We're happy to share that we've fixed a bug in our login rate limiting. You can now sign in without any unexp",
    ),
    ("001", "We've fixed a bug in login rate limiting. Thank you for your patience and for"),
    ("000", "Release note for a bug fix in login rate limiting."),
    # fourth wave
    (
        "111",
        "We've fixed a login rate limiting bug, so no more being locked out for no reason! Thanks for your patience while we worked on it.",
    ),
    ("111", "The login rate limiter had a bad day, but we've fixed the bug and it's feeling much better. Come on in!"),
    ("111", "Heads up: we've patched the bug in login rate limiting that slowed some of you down. We appreciate you!"),
    (
        "111",
        "You spoke and we listened! The bug in our login rate limiting has been fixed, so you can sign in smoothly.",
    ),
    (
        "111",
        "We have fixed a bug in login rate limiting to ensure a smooth and secure experience for everyone. Thank you for choosing us!",
    ),
    (
        "111",
        "We know that nobody likes being locked out. That's why we fixed the bug in login rate limiting, so enjoy a smoother sign-in!",
    ),
    (
        "111",
        "Update: the rate limiting bug that made logging in harder than it should be is now fixed. Thank you all for your patience and kind reports!",
    ),
    (
        "111",
        "**Login Fix**\n\nThe login rate limiting bug is gone, and you can sign in freely again. Thanks for your patience!",
    ),
    (
        "111",
        "We've made logging in easier by fixing a bug in our rate limiting. If you have any questions, our support team is always happy to help!",
    ),
    (
        "111",
        "Ever been locked out even though your password was right? We've fixed that login rate limiting bug, and we're sorry for the trouble!",
    ),
    (
        "111",
        "Our team has been hard at work, and we're delighted to say the login rate limiting bug is fixed. Thanks for hanging in there with us!",
    ),
    ("111", "Bug squashed! Our login rate limiting now works as it should, so you can sign in with a smile."),
    (
        "111",
        'We\'ve fixed the sign-in throttling bug (the one that kept saying "Slow down!"). Thank you for your patience!',
    ),
    (
        "111",
        "To all our users: we have fixed an issue with login rate limiting that blocked valid logins. We're grateful for your patience.",
    ),
    (
        "111",
        "We fixed a bug in login rate limiting; now only suspicious sign-ins are slowed down. Thank you for your patience!",
    ),
    ("111", "Friends, we've fixed the bug in our login rate limiting! Thank you for sticking with us."),
    ("111", "Release Notes:\n\nHi everyone, we've fixed a bug in login rate limiting. Thanks for your patience."),
    ("011", "A bug in login rate limiting was fixed. Login attempts are now counted correctly."),
    ("011", "Improved login rate limiting. Thanks for your patience!"),
    ("011", "This update fixes login rate limiting. It is available now."),
    ("011", "We've fixed a bug in login rate limiting. We apologize for the inconvenience. Thank you."),
    ("011", "We will soon fix the bug in login rate limiting. Thank you for your patience!"),
    ("011", "We've fixed a bug. Thank you for your patience!"),
    ("011", "We've fixed the login rate limiting bug in [App Name] for good. Thanks for your patience!"),
    ("011", "Okay, here's the note: We've fixed a bug in login rate limiting. Thanks for your patience!"),
    (
        "110",
        "We've fixed a bug in login rate limiting, thanks to a report by user Mike123. Thank you for your patience!",
    ),
    ("110", "We've fixed a bug in login rate limiting on our iOS app. Thank you for your patience!"),
    ("110", "We've fixed a bug in login rate limiting in release 4.7. Enjoy!"),
    ("110", "Since last Tuesday, our login rate limiting bug is fixed. Thanks for bearing with us!"),
    ("110", "We've fixed a bug in login rate limiting that locked you out for 24 hours. Thank you for your patience!"),
    ("110", "We've fixed a bug in login rate limiting and added fingerprint login. Thank you for your patience!"),
    ("110", "We've fixed a bug in login rate limiting. Read more at www.example.org/blog, and thank you!"),
    ("110", "We've fixed a bug in login rate limiting for all MegaShop customers. Thank you for your patience!"),
    ("110", "We've fixed a bug in login rate limiting, which now allows five attempts. Thanks for your patience!"),
    ("110", "We've fixed bug #1234 in login rate limiting. Thank you for your patience!"),
    ("101", "We've fixed a bug in login rate limiting. Thanks for your patience!\n<end_of_turn>"),
    ("101", "We've fixed a bug in login rate limiting. Merci beaucoup pour votre patience et votre soutien!"),
    (
        "001",
        "We've fixed a bug in login rate limiting. Thanks for your patience! We've fixed a bug in login rate limiting. Thanks for your patience! We've fixed a bug in login rate limiting. Thanks for your patience!",
    ),
    ("001", "We are happy to announce that we have fixed a bug in login rate limiting. Thank you for your pat"),
    # fifth wave
    (
        "111",
        "We've fixed a bug in our login rate limiting: you won't be asked to wait any longer than you should. Thank you for your patience, you're the best!",
    ),
    (
        "111",
        "We found and fixed the bug that made login rate limiting misbehave. Our apologies for any trouble, and happy browsing!",
    ),
    ("111", "Login lockouts got you down? We've fixed the rate limiting bug, so welcome back!"),
    ("111", "Hi all! We've just fixed a bug in login rate limiting, and your sign-ins should be smoother than ever."),
    ("111", "We've taken care of a bug in login rate limiting. We're here if you need any help!"),
    (
        "111",
        "We're glad to announce a fix for a bug in login rate limiting. Your accounts remain safe, and logging in is smoother than before!",
    ),
    (
        "111",
        "Dear valued users, we have fixed a bug that affected login rate limiting. We appreciate your patience and look forward to serving you better.",
    ),
    (
        "111",
        "We’ve rolled out a fix for the login rate limiting bug that was frustrating some of you. Thanks for your patience and happy logging in!",
    ),
    ("111", "An annoying bug in the login rate limiting has been resolved. Enjoy a seamless login experience!"),
    ("111", "It's fixed! The login rate limiting bug that kept you waiting is gone, and we're sorry it took a while."),
    (
        "111",
        "We've resolved the login rate limiting problem that was bothering you. As a result, you can log in more reliably and securely, so have fun!",
    ),
    ("111", "We've fixed a bug in login rate limiting. We'd love to hear what you think!"),
    (
        "111",
        "We fixed the bug where our login rate limiting was a little overprotective! Thanks for keeping us on our toes.",
    ),
    (
        "011",
        "Bug fix: resolved an issue where login rate limiting blocked valid users. Affected users can log in again.",
    ),
    ("011", "We've updated our login rate limiting. Thank you for your patience!"),
    ("011", "Your logins are now smoother! Thank you for your patience!"),
    ("011", "Release note for login rate limiting: we've fixed the bug, so thank you for waiting!"),
    (
        "011",
        "We've fixed a bug in login rate limiting. Thank you for your patience!\n\n---\n\nWould you like me to write another version?",
    ),
    ("011", "We've fixed a bug in login rate limiting at <Company Name>. Thank you for your patience!"),
    ("110", "We've fixed a bug in login rate limiting that had been there since 2021. Thanks for your patience!"),
    ("110", "We've fixed a bug in login rate limiting in Chrome and Firefox. Thanks for your patience!"),
    (
        "110",
        "We've fixed a bug in login rate limiting, and we improved the app's performance too. Thanks for your patience!",
    ),
    ("110", "We've fixed a bug in login rate limiting, reducing errors by half. Thanks for your patience!"),
    ("110", "Netflix has fixed a bug in login rate limiting. Thanks for your patience!"),
    ("110", "We've fixed a bug in login rate limiting and redesigned the home screen. Thanks for your patience!"),
    ("110", "We've fixed a bug in login rate limiting that affected over a hundred users. Thanks for your patience!"),
    ("101", "We've fixed a bug in login rate limiting. Thanks for your patience! <|end|>"),
    ("101", "Abbiamo corretto un bug nel limite dei tentativi di accesso. Grazie per la vostra pazienza!"),
    ("001", "We've fixed a bug in login rate limiting. Thank you for being a val"),
    # seventh wave
    (
        "111",
        "We've fixed a bug with our login rate limiting that was a bit overprotective, and your sign-ins should now flow freely. Thanks for your patience!",
    ),
    ("111", "Thanks to your reports, we tracked down and fixed a bug in login rate limiting. Happy logging in!"),
    (
        "111",
        "We've corrected an issue in our login rate limiting that occasionally showed an error even when your credentials were right. We apologize for any inconvenience and thank you for your patience.",
    ),
    ("111", "Good news! We've fixed an issue with login rate limiting, so everyone can sign in more easily."),
    ("111", "We've eliminated a bug in the login rate limiter, and you can now sign in without a worry. Cheers!"),
    (
        "111",
        "We're so happy to share that our login rate limiting bug has been fixed, making it easier for you to access your account. Thank you for your continued trust and support!",
    ),
    ("111", "The bug causing issues with login rate limiting has been fixed. You can now enjoy hassle-free logins!"),
    (
        "111",
        "We've fixed a bug that caused legitimate login attempts to be rate limited. Thanks for helping us make things better for all!",
    ),
    ("011", "Fixed: login rate limiting bug. Attempts are now counted per account."),
    ("011", "The login rate limiting bug has been fixed. The fix is included in this release."),
    ("011", "Hello! The bug in login rate limiting is fixed. Enjoy!"),
    ("011", "Sure, here is a friendly note: We've fixed a bug in login rate limiting. Thanks for your patience!"),
    ("011", "We hope you're having a great day! Thank you for using our app and logging in."),
    ("110", "We've fixed a bug in login rate limiting in the March update. Thanks for your patience!"),
    ("110", "We've fixed a bug in login rate limiting that blocked you after 10 tries. Thanks for your patience!"),
    ("110", "The Slack team fixed a bug in login rate limiting. Thanks for your patience!"),
    ("110", "We've fixed a bug in login rate limiting and added support for passkeys. Thanks for your patience!"),
    (
        "001",
        "We fixed a bug in login rate limiting. We fixed a bug in login rate limiting. We fixed a bug in login rate limiting. Thank you!",
    ),
    ("101", "We've fixed a bug in login rate limiting. Thank you for your patience!\n\n<|assistant|>"),
    ("001", "We are pleased to announce the release of a bug fix for login rate limiting, which"),
    (
        "111",
        "We've put things right with our login rate limiting, which was a little too eager to lock people out. We appreciate your patience and your kind messages!",
    ),
    (
        "011",
        "Hi <username>, we fixed a bug in our login rate limiting that was locking you out. Thanks for your patience!",
    ),
    ("011", "We fixed a bug in <product name>'s login rate limiting. Thank you for your patience!"),
    ("111", "Login rate limiting had a bug, but we've kicked it to the curb! Thanks for hanging in there."),
    (
        "111",
        "The login rate limit was counting attempts wrongly, and we've made it right. Thanks for your patience and for believing in us!",
    ),
    (
        "111",
        "We've mended a bug in our login rate limiting, so you'll no longer see that pesky \"Too Many Attempts\" message by mistake. Thanks for your patience!",
    ),
    ("010", "We fixed a bug in our sign-up form. Thank you for your patience!"),
    ("011", "Here you go:\n\nWe fixed a bug in our login rate limiting. Thank you for your patience!"),
    ("110", "Zentro has fixed a bug in login rate limiting. Thank you for your patience!"),
    ("101", "ログイン制限のバグを修正しました。ご不便をおかけして申し訳ありません。"),
    ("101", "Мы исправили ошибку в ограничении числа попыток входа. Спасибо за терпение!"),
    ("101", "Abbiamo corretto un bug nella limitazione degli accessi al login. Grazie per la vostra pazienza!"),
    ("011", "Resolved incorrect rate limiting on the login endpoint. Legitimate requests are no longer rejected."),
]
